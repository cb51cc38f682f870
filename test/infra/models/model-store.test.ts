import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cacheLayout } from '../../../infra/models/cache-layout.js';
import { openModelFolder, resolveModel } from '../../../infra/models/model-folder.js';
import { importCheckpoint } from '../../../infra/models/model-import.js';
import {
  importModel,
  listModels,
  type ModelStoreSettings,
  pullModel,
  removeModel,
} from '../../../infra/models/model-store.js';
import type { ModelProgress } from '../../../infra/models/progress.js';
import {
  DownloadError,
  InvalidOptionError,
  ModelFormatError,
  ModelNotFoundError,
} from '../../../src/core/errors.js';
import { compiledFile } from '../../support/compiled.js';
import { type FlakyFileServer, startFlakyFileServer } from '../../support/flaky-file-server.js';
import { writeGguf } from '../../support/gguf-writer.js';
import { tinyGguf } from '../../support/tiny-gguf.js';
import { writeTinySafetensors } from '../../support/tiny-safetensors.js';

const bytes = writeGguf(tinyGguf());
const sha256 = createHash('sha256').update(bytes).digest('hex');
let server: FlakyFileServer;
let root = '';
let cacheFolder = '';
let source = '';
let settings: ModelStoreSettings;

beforeAll(async () => {
  server = await startFlakyFileServer(bytes);
});
afterAll(() => server.close());
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipstream-store-'));
  cacheFolder = join(root, 'cache');
  source = join(root, 'tiny.gguf');
  writeFileSync(source, bytes);
  server.script();
  settings = {
    cacheFolder,
    bundled: [],
    registry: [
      {
        name: 'tiny',
        description: 'a tiny model',
        license: 'Apache-2.0',
        bytes: bytes.length,
        sha256,
        sources: [
          { kind: 'url', url: 'http://127.0.0.1:1/tiny.gguf' },
          { kind: 'url', url: server.url },
        ],
      },
    ],
  };
});
afterEach(() => rmSync(root, { recursive: true }));

const imported = async (path: string): Promise<string> => (await importCheckpoint(path, settings)).folder;
const partial = (): string[] => readdirSync(join(cacheFolder, 'models', 'partial'));

describe('a registered model', () => {
  it('is downloaded from the first source that has it, imported once, and found again offline', async () => {
    expect(listModels(settings)[0]).toMatchObject({ name: 'tiny', state: 'downloadable' });
    const steps: ModelProgress[] = [];
    const folder = await pullModel('tiny', { ...settings, onProgress: (progress) => steps.push(progress) });
    expect([...new Set(steps.map(({ step }) => step))]).toEqual(['download', 'verify', 'import']);
    expect(steps.at(-1)).toMatchObject({ step: 'import', doneBytes: bytes.length, totalBytes: bytes.length });
    expect(steps.at(-1)?.weights).toMatch(/products .*are (not )?exact/);
    expect(readdirSync(folder).sort()).toEqual([
      'chat_template.jinja',
      'config.json',
      'generation_config.json',
      'manifest.json',
      'model.onnx',
      'model.onnx.data',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const resolved = await resolveModel('tiny', { ...settings, offline: true });
    expect(resolved).toMatchObject({ kind: 'onnx', name: 'tiny', folder, config: { contextTokens: 128 } });
    expect(listModels(settings)[0]).toMatchObject({ name: 'tiny', state: 'ready', folder });
    expect(server.ranges).toHaveLength(1);
    expect(partial()).toEqual([]);
  });

  it('is not downloaded offline, and an error names what every source said', async () => {
    await expect(pullModel('tiny', { ...settings, offline: true })).rejects.toThrow(
      /downloading is switched off/,
    );
    expect(server.ranges).toHaveLength(0);
    server.script({ status: 404 });
    const error = await pullModel('tiny', settings).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DownloadError);
    expect(String(error)).toMatch(/127\.0\.0\.1:1.*; .*answered 404/);
    await expect(pullModel('other', settings)).rejects.toThrow(/can be downloaded: tiny/);
  });

  it('is removed with all that was downloaded, and can be had again', async () => {
    const folder = await pullModel('tiny', settings);
    removeModel('tiny', settings);
    expect(existsSync(folder)).toBe(false);
    expect(readdirSync(join(cacheFolder, 'models', 'sources'))).toEqual([]);
    expect(await pullModel('tiny', settings)).toBe(folder);
  });
});

describe('a GGUF file', () => {
  it('can be used by its path, and is imported once', async () => {
    const first = await resolveModel(source, settings);
    if (first.kind !== 'onnx') throw new Error('not a model folder');
    const writtenAt = (): string => readFileSync(join(first.folder, 'manifest.json'), 'utf8');
    const before = writtenAt();
    const steps: string[] = [];
    expect(
      await resolveModel(source, { ...settings, onProgress: ({ step }) => steps.push(step) }),
    ).toMatchObject({ folder: first.folder });
    expect(steps).toEqual([]);
    expect(writtenAt()).toBe(before);
    const tokenizer = first.loadTokenizer();
    expect(tokenizer.encode('hello')).toHaveLength(1);
    expect(tokenizer.encodeChat).toBeDefined();
  });

  it('whose contents change is another model', async () => {
    const before = await imported(source);
    writeFileSync(source, writeGguf(tinyGguf({ 'llama.context_length': { type: 'uint32', value: 64 } })));
    const after = await resolveModel(source, settings);
    expect(after).toMatchObject({ kind: 'onnx', config: { contextTokens: 64 } });
    expect(after).not.toMatchObject({ folder: before });
  });

  it('that is broken leaves nothing behind', async () => {
    truncateSync(source, bytes.length - 100);
    await expect(resolveModel(source, settings)).rejects.toThrow(ModelFormatError);
    expect(existsSync(join(cacheFolder, 'models', 'imported'))).toBe(false);
    const merges = { type: 'strings', value: ['q x'] } as const;
    writeFileSync(source, writeGguf(tinyGguf({ 'tokenizer.ggml.merges': merges })));
    await expect(resolveModel(source, settings)).rejects.toThrow(
      `${source}: model.merges.0: "q x" makes no token`,
    );
    expect(readdirSync(join(cacheFolder, 'models', 'imported'))).toEqual([]);
  });

  it('is imported again where files of the import are missing or too short', async () => {
    const folder = await imported(source);
    for (const damage of [
      () => truncateSync(join(folder, 'model.onnx'), 10),
      () => rmSync(join(folder, 'tokenizer.json')),
      () => writeFileSync(join(folder, 'manifest.json'), '{"files"'),
    ]) {
      damage();
      expect(() => openModelFolder('tiny', folder)).toThrow(ModelFormatError);
      expect(await imported(source)).toBe(folder);
      openModelFolder('tiny', folder);
    }
    expect(partial()).toEqual([]);
  });

  it('is imported whole by two processes at once, and what a dead one left goes away', async () => {
    const leftover = join(cacheFolder, 'models', 'partial', `tmp.${hostname()}.${2 ** 30}.ab`);
    mkdirSync(leftover, { recursive: true });
    const run = (): Promise<{ stdout: string }> =>
      promisify(execFile)(process.execPath, [
        compiledFile('test/support/import-process.ts'),
        source,
        cacheFolder,
      ]);
    const [one, two, here] = await Promise.all([run(), run(), imported(source)]);
    expect(new Set([one.stdout, two.stdout, here]).size).toBe(1);
    openModelFolder('tiny', here).loadTokenizer();
    expect(partial()).toEqual([]);
  });
});

describe('a name of the user', () => {
  it('stands for an imported file, also when the file is gone', async () => {
    const folder = await importModel(source, 'mine', settings);
    rmSync(source);
    expect(await resolveModel('mine', settings)).toMatchObject({ kind: 'onnx', name: 'mine', folder });
    expect(listModels(settings)[1]).toMatchObject({ name: 'mine', state: 'ready', folder });
    rmSync(folder, { recursive: true });
    expect(listModels(settings)[1]).toMatchObject({ name: 'mine', state: 'broken' });
    await expect(resolveModel('mine', settings)).rejects.toThrow(/is gone or has changed: import it again/);
    removeModel('mine', settings);
    expect(listModels(settings)).toHaveLength(1);
    expect(() => removeModel('mine', settings)).toThrow(ModelNotFoundError);
  });

  it('stands for a folder, which removing leaves alone', async () => {
    const folder = await imported(source);
    expect(await importModel(folder, 'linked', settings)).toBe(folder);
    removeModel('linked', settings);
    openModelFolder('x', folder);
    await expect(importModel(root, 'empty', settings)).rejects.toThrow(/model\.onnx: is missing/);
  });

  it('shares an import with other names until the last of them goes', async () => {
    const folder = await importModel(source, 'one', settings);
    await importModel(source, 'two', settings);
    removeModel('one', settings);
    openModelFolder('x', folder);
    removeModel('two', { ...settings, registry: [] });
    expect(existsSync(folder)).toBe(false);
  });

  it('whose record is damaged keeps nobody from other models, and can be removed', async () => {
    await importModel(source, 'whole', settings);
    await importModel(source, 'cut', settings);
    writeFileSync(join(cacheLayout(settings.cacheFolder).names, 'cut.json'), '{');
    expect(listModels(settings)[1]).toMatchObject({ name: 'cut', state: 'broken' });
    expect(await resolveModel('whole', settings)).toMatchObject({ kind: 'onnx' });
    await expect(resolveModel('cut', settings)).rejects.toThrow(/cut\.json: is not JSON/);
    removeModel('cut', settings);
    expect(listModels(settings).map(({ name }) => name)).toEqual(['tiny', 'whole']);
  });

  it.each(['ngram', 'Big', 'a/b', '', 'x.gguf', '../x', 'tiny'])('cannot be %j', async (name) => {
    await expect(importModel(source, name, settings)).rejects.toThrow(InvalidOptionError);
  });
});

describe('resolveModel', () => {
  it('knows models without files', async () => {
    expect(await resolveModel('ngram', settings)).toEqual({ kind: 'ngram', name: 'ngram' });
    expect(await resolveModel('sim:target?ms=20', settings)).toEqual({
      kind: 'sim',
      name: 'sim:target?ms=20',
    });
  });

  it('says what there is when there is no such model', async () => {
    await expect(resolveModel('nope', settings)).rejects.toThrow(
      /model "nope" was not found: there is no such file or folder; known names are tiny/,
    );
    writeFileSync(join(root, 'x.bin'), 'x');
    await expect(resolveModel(join(root, 'x.bin'), settings)).rejects.toThrow(
      /must be a \.gguf file or a folder/,
    );
  });

  it.each([
    ['model.onnx', undefined, /model\.onnx: is missing/],
    ['model.onnx', '', /model\.onnx: is empty/],
    ['config.json', undefined, /config\.json: is missing/],
    ['config.json', '{"model_type": "llama", "vocab', /config\.json: is not JSON, or was cut off/],
    ['config.json', '{"model_type":"llama","vocab_size":0}', /config\.json: vocab_size: /],
    ['config.json', '{"model_type":"llama","vocab_size":9}', /max_position_embeddings: is missing/],
    [
      'config.json',
      '{"model_type":"llama","vocab_size":9,"n_positions":9}',
      /tokenizer\.json: has ids up to 287, but vocab_size in config\.json is 9/,
    ],
    ['tokenizer.json', undefined, /tokenizer\.json: is missing/],
    ['generation_config.json', '{"eos_token_id": 5000}', /token 5000 is named in the configuration only/],
  ])('refuses a folder with %s like %j', async (name, content, message) => {
    const folder = await imported(source);
    rmSync(join(folder, 'manifest.json'));
    if (content === undefined) rmSync(join(folder, name));
    else writeFileSync(join(folder, name), content);
    const open = async (): Promise<void> => {
      const resolved = await resolveModel(folder, settings);
      if (resolved.kind === 'onnx') resolved.loadTokenizer();
    };
    await expect(open()).rejects.toThrow(ModelFormatError);
    await expect(open()).rejects.toThrow(message);
  });
});

describe('a model that is built in', () => {
  const builtIn = () => {
    const folder = join(root, 'built-in');
    writeTinySafetensors(folder, { format: 'q4_0' });
    return {
      ...settings,
      bundled: [{ name: 'own', description: 'a tiny model', folder, weights: 'blockwise' as const }],
    };
  };

  it('is imported at first use with progress, never downloaded, and found again', async () => {
    const bundled = builtIn();
    expect(listModels(bundled)[0]).toMatchObject({ name: 'own', state: 'built-in' });
    const steps: string[] = [];
    const onProgress = ({ step }: ModelProgress) => void steps.push(step);
    const first = await resolveModel('own', { ...bundled, offline: true, onProgress });
    expect([...new Set(steps)]).toEqual(['verify', 'import']);
    steps.splice(0);
    expect(await resolveModel('own', { ...bundled, onProgress })).toMatchObject({
      kind: 'onnx',
      folder: first.kind === 'onnx' ? first.folder : '',
    });
    expect(await pullModel('own', { ...bundled, onProgress })).toBe(
      first.kind === 'onnx' ? first.folder : '',
    );
    expect(steps).toEqual([]);
  });

  it('cannot be removed, nor can its name be given', async () => {
    const bundled = builtIn();
    expect(() => removeModel('own', bundled)).toThrow(/name is "own", .* part of the package/);
    await expect(importModel(source, 'own', bundled)).rejects.toThrow(/must be a name other than own, tiny/);
  });

  it('is broken without its weights, and says what is missing', async () => {
    const bundled = builtIn();
    rmSync(join(root, 'built-in', 'model.safetensors'));
    expect(listModels(bundled)[0]).toMatchObject({ name: 'own', state: 'broken' });
    await expect(resolveModel('own', bundled)).rejects.toThrow(/model\.safetensors.*: is missing/);
  });
});
