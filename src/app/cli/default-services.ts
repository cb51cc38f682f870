import type { CliServices } from './services.js';

/** The real services; each loads its part of the house at its first use. */
export const defaultServices: CliServices = {
  bringModel: async (name, store, onProgress) => {
    const { resolveModel } = await import('../../../infra/models/model-folder.js');
    await resolveModel(name, { ...store, onProgress });
  },
  fittingDrafters: async (model, store, logger) => {
    const { fittingDrafters } = await import('../fitting-drafters.js');
    return await fittingDrafters(model, store, logger);
  },
  createEngine: async (options, deps) => {
    const { createEngine } = await import('../engine.js');
    return createEngine(options, deps);
  },
  checkListenAddress: async (options) => {
    const { checkListenAddress } = await import('../../../infra/gateway/listen.js');
    await checkListenAddress(options);
  },
  startGateway: async (options, { service, logger }) => {
    const [{ startGateway }, { followLog }, { createRealScheduler }, { newGenerationId }] = await Promise.all(
      [
        import('../../../infra/gateway/gateway.js'),
        import('../../../streams/follow-log.js'),
        import('../../../infra/clock/real-scheduler.js'),
        import('../../../infra/ids/random-ids.js'),
      ],
    );
    return startGateway({
      ...options,
      service,
      logger,
      follow: followLog,
      scheduler: createRealScheduler(),
      newRequestId: newGenerationId,
    });
  },
  runWorker: async (options, deps) => {
    const { runWorker } = await import('../worker.js');
    return runWorker(options, deps);
  },
};
