import { type OptionDefinitions, switchOption, textOption } from './option.js';

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
