import type { GenerationHandle, GenerationService } from '../core/engine.js';

/** Told of what comes of requests. */
export interface RequestMeter {
  created(handle: GenerationHandle): void;
  notCreated(error: unknown): void;
}

/** The same service, with every request told to `meter`. */
export function meteredService(service: GenerationService, meter: RequestMeter): GenerationService {
  return {
    create: async (request) => {
      try {
        const handle = await service.create(request);
        meter.created(handle);
        return handle;
      } catch (error) {
        meter.notCreated(error);
        throw error;
      }
    },
    find: (id) => service.find(id),
    health: () => service.health(),
  };
}
