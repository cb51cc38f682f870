import type { CompiledModelStoreOptions } from '../../../../infra/config/model-store-options.js';
import { silentLogger } from '../../../core/logger.js';
import type { Check } from './check.js';

export const runtimeCheck: Check = {
  what: 'onnxruntime',
  examine: async () => {
    const { RUNTIME_VERSION, supportedProviders } = await import('../../../../infra/onnx/runtime.js');
    const { exactByteWeights } = await import('../../../../infra/onnx/integer-products.js');
    const exact = await exactByteWeights();
    const providers = supportedProviders().map(({ name, bundled }) =>
      bundled ? name : `${name} (not bundled)`,
    );
    return {
      what: 'onnxruntime',
      status: 'ok',
      detail: [
        `${RUNTIME_VERSION}, providers ${providers.join(', ')}`,
        exact === undefined
          ? '8-bit products not exact: models get blocks'
          : `products with ${exact} weights exact: models get int8 rows`,
      ].join('; '),
    };
  },
};

/** Looks for a nats-server without downloading one. */
export function natsServerCheck(binary: string | undefined, store: CompiledModelStoreOptions): Check {
  const what = 'nats-server';
  return {
    what,
    examine: async () => {
      const { findNatsServer } = await import('../../../../infra/nats-server/find-binary.js');
      const { degradedFeatures } = await import('../../../../infra/nats/server-features.js');
      const { cacheFolder } = store;
      try {
        const found = await findNatsServer({ binary, cacheFolder, offline: true, logger: silentLogger });
        const degraded = degradedFeatures(found.version);
        const detail = `${found.version}, ${found.binary}`;
        return degraded.length === 0
          ? { what, status: 'ok', detail }
          : { what, status: 'warning', detail: `${detail}; degraded: ${degraded.join('; ')}` };
      } catch (error) {
        if (binary !== undefined || store.offline) throw error;
        return { what, status: 'warning', detail: 'none here: one is downloaded at the first start' };
      }
    },
  };
}

export function modelsCheck(store: CompiledModelStoreOptions): Check {
  const what = 'models';
  return {
    what,
    examine: async () => {
      const { listModels } = await import('../../../../infra/models/model-store.js');
      const models = listModels(store);
      const states = (['built-in', 'ready', 'downloadable', 'broken'] as const).flatMap((state) => {
        const names = models.filter((model) => model.state === state).map(({ name }) => name);
        return names.length === 0 ? [] : [`${state}: ${names.join(', ')}`];
      });
      const broken = models.some(({ state }) => state === 'broken');
      return {
        what,
        status: broken ? 'warning' : 'ok',
        detail: `${states.join('; ')} (in ${store.cacheFolder})`,
      };
    },
  };
}

/** Loads a model as a target would and says whether its passes are exact. */
export function modelCheck(name: string, threads: number, store: CompiledModelStoreOptions): Check {
  const what = `model ${name}`;
  return {
    what,
    examine: async () => {
      const { createRealScheduler } = await import('../../../../infra/clock/real-scheduler.js');
      const { loadModel } = await import('../../load-model.js');
      const model = await loadModel({
        name,
        role: 'target',
        threads,
        slots: 1,
        store,
        scheduler: createRealScheduler(),
      });
      const { numerics, contextTokens, forwardTimes } = model.info;
      await model.close();
      const times = forwardTimes.map(({ tokens, ms }) => `${tokens}: ${ms.toFixed(1)}`).join(', ');
      return {
        what,
        status: numerics === 'exact' ? 'ok' : 'warning',
        detail: `${numerics} numerics, context ${contextTokens}, ms per pass by tokens ${times}`,
      };
    },
  };
}
