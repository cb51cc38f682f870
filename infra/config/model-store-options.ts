import { type OptionDefinitions, switchOption, textOption } from './option.js';
import { processContext } from './process-context.js';
import { type ConfigContext, type ResolvedOptions, resolveOptions } from './resolve.js';

/** Where models are kept. */
export interface ModelStoreOptions {
  /** Folder for models and the nats-server binary. Default: the user's cache folder. */
  readonly cacheFolder?: string;
  /** Never download anything. Default false. */
  readonly offline?: boolean;
}

export interface CompiledModelStoreOptions {
  readonly cacheFolder: string;
  readonly offline: boolean;
}

export const modelStoreOptionDefinitions: OptionDefinitions<ModelStoreOptions> = {
  cacheFolder: textOption({
    flag: 'cache-folder',
    placeholder: 'FOLDER',
    description: 'where models and the nats-server binary are kept',
    defaultText: "the user's cache folder (Linux: ~/.cache/slipstream)",
  }),
  offline: switchOption({
    flag: 'offline',
    description: 'never download anything',
    defaultText: 'false',
  }),
};

export function compileModelStoreOptions(
  options: ModelStoreOptions,
  context: ConfigContext = processContext(),
): CompiledModelStoreOptions {
  return modelStoreOf(resolveOptions(modelStoreOptionDefinitions, options, context), context);
}

/** The part of a larger group of settings that says where models are kept. */
export function modelStoreOf(
  { values }: Pick<ResolvedOptions<ModelStoreOptions>, 'values'>,
  context: ConfigContext,
): CompiledModelStoreOptions {
  return Object.freeze({
    cacheFolder: values.cacheFolder ?? context.cacheFolder,
    offline: values.offline ?? false,
  });
}
