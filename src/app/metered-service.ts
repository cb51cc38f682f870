import type { GenerationHandle, GenerationService } from '../core/engine.js';

/** Told of what comes of requests. */
export interface RequestMeter {
  /** A request has come; what comes of it is one of the two. */
  begin(): {
    created(handle: GenerationHandle): void;
    refused(error: unknown): void;
  };
}

/** The same service, with every request told to `meter`. */
export function meteredService(service: GenerationService, meter: RequestMeter): GenerationService {
  return {
    create: async (request) => {
      const { created, refused } = meter.begin();
      const handle = await service.create(request).catch((error: unknown) => {
        refused(error);
        throw error;
      });
      created(handle);
      return handle;
    },
    get placesPerRequest() {
      return service.placesPerRequest;
    },
    find: (id) => service.find(id),
    health: () => service.health(),
  };
}
