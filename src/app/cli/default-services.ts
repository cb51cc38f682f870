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
  startGateway: async (options, deps) => {
    const { openEdges } = await import('../edges.js');
    return await openEdges(options, deps);
  },
  runWorker: async (options, deps) => {
    const { runWorker } = await import('../worker.js');
    return runWorker(options, deps);
  },
};
