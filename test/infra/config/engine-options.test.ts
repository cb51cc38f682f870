import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { compileEngineOptions, type EngineOptions } from '../../../infra/config/engine-options.js';
import { processContext } from '../../../infra/config/process-context.js';
import { InvalidOptionError } from '../../../src/core/errors.js';
import { testContext } from './context.js';

const compile = (options: EngineOptions = {}, environment: Record<string, string> = {}) =>
  compileEngineOptions(options, testContext(environment));

const loose = (options: Readonly<Record<string, unknown>>) => options as EngineOptions;

describe('compileEngineOptions', () => {
  test('the defaults: the built-in pair, an embedded server, a local worker per core', () => {
    expect(compile()).toEqual({
      model: 'fable',
      drafting: { ngram: false, models: ['fable-drafter'] },
      defaults: { mode: 'auto', lookahead: undefined, targets: undefined },
      local: { targets: 3, drafters: 1, threads: 1 },
      remote: false,
      nats: {
        servers: undefined,
        user: undefined,
        password: undefined,
        token: undefined,
        credentialsFile: undefined,
        tls: undefined,
        subjectPrefix: 'dsi.v1',
      },
      natsServer: undefined,
      store: { cacheFolder: '/cache', offline: false },
      parallel: 4,
      queue: 64,
      hostName: 'host-1',
    });
  });

  test('the result is frozen, whatever the caller does to what it gave', () => {
    const natsUrl = ['nats://a'];
    const compiled = compile({ natsUrl });
    natsUrl.push('nats://b');
    expect(compiled.nats.servers).toEqual(['nats://a']);
    for (const part of [
      compiled,
      compiled.defaults,
      compiled.local,
      compiled.nats,
      compiled.nats.servers,
      compiled.store,
    ])
      expect(Object.isFrozen(part)).toBe(true);
  });

  test('an option wins over the environment, the environment over the default', () => {
    const environment = { SLIPSTREAM_MODEL: 'env', SLIPSTREAM_PARALLEL: '7', SLIPSTREAM_OFFLINE: 'yes' };
    const compiled = compile({ model: 'given' }, environment);
    expect(compiled).toMatchObject({ model: 'given', parallel: 7, queue: 64, store: { offline: true } });
  });

  test('a model without a drafter of its own, and plain decoding, get lookup', () => {
    expect(compile({ model: 'smollm2' }).drafting).toEqual({ ngram: true, models: ['smollm2-drafter'] });
    expect(compile({ mode: 'none' })).toMatchObject({
      model: 'fable',
      drafting: { ngram: true, models: [] },
      local: { targets: 1, drafters: 0, threads: 4 },
    });
    expect(compile({ drafter: 'ngram,fable-drafter' }).drafting).toEqual({
      ngram: true,
      models: ['fable-drafter'],
    });
  });

  test('an empty variable counts as unset', () => {
    expect(compile({}, { SLIPSTREAM_PARALLEL: '' }).parallel).toBe(4);
  });

  test('cores are shared between the workers started here', () => {
    const local = (options: EngineOptions, cores: number) =>
      compileEngineOptions(options, testContext({}, { cores })).local;
    expect(local({ drafter: 'tiny' }, 6)).toEqual({ targets: 5, drafters: 1, threads: 1 });
    expect(local({ drafter: 'tiny', targets: 4 }, 2)).toEqual({ targets: 4, drafters: 1, threads: 1 });
    expect(local({ drafter: 'tiny', drafters: 2 }, 6)).toEqual({ targets: 4, drafters: 2, threads: 1 });
    expect(local({ drafter: 'ngram,tiny' }, 6)).toEqual({ targets: 5, drafters: 1, threads: 1 });
    expect(local({ drafter: 'tiny,small', drafters: 2 }, 6)).toEqual({ targets: 2, drafters: 2, threads: 1 });
    expect(local({ drafter: 'tiny' }, 2)).toEqual({ targets: 1, drafters: 1, threads: 2 });
    expect(local({ drafter: 'tiny', targets: 1 }, 8)).toEqual({ targets: 1, drafters: 1, threads: 4 });
    expect(local({ drafter: 'ngram' }, 1)).toEqual({ targets: 1, drafters: 0, threads: 1 });
    expect(local({}, 1)).toEqual({ targets: 1, drafters: 1, threads: 1 });
    expect(local({ drafter: 'ngram', mode: 'si' }, 4)).toEqual({ targets: 1, drafters: 0, threads: 4 });
    expect(local({ threads: 3 }, 4).threads).toBe(3);
  });

  test('with a NATS address workers are remote unless said otherwise', () => {
    const natsUrl = ['nats://a:4222'];
    expect(compile({ natsUrl })).toMatchObject({ remote: true, local: { targets: 0, drafters: 0 } });
    expect(compile({ natsUrl, workers: 'both' })).toMatchObject({ remote: true, local: { targets: 3 } });
    expect(compile({ natsUrl, workers: 'local' })).toMatchObject({ remote: false, local: { targets: 3 } });
    expect(compile({}, { SLIPSTREAM_NATS_URL: 'a, b:4222' }).nats.servers).toEqual(['a', 'b:4222']);
  });

  test('without a drafter decoding is plain', () => {
    expect(compile({ drafter: 'none' })).toMatchObject({
      drafting: { ngram: false, models: [] },
      defaults: { mode: 'none' },
    });
    expect(compile({ drafter: 'none' }).local.targets).toBe(1);
    expect(() => compile({ drafter: 'none', mode: 'dsi' })).toThrow(
      'mode is "dsi", but must be none when drafter is none',
    );
  });

  test('several drafters', () => {
    expect(compile({ drafter: 'tiny, ngram,./small' }).drafting).toEqual({
      ngram: true,
      models: ['tiny', './small'],
    });
  });

  test('credentials and TLS files', () => {
    const compiled = compile(
      { natsUrl: ['tls://a'], natsUser: 'me', natsTlsCa: 'ca.pem' },
      { SLIPSTREAM_NATS_PASSWORD: 'secret' },
    );
    expect(compiled.nats).toMatchObject({
      user: 'me',
      password: 'secret',
      tls: { caFile: 'ca.pem', certificateFile: undefined, keyFile: undefined },
    });
  });

  test.each([
    [{ parallel: 0 }, 'parallel is 0, but must be a whole number from 1 to 256'],
    [{ parallel: 257 }, 'parallel is 257'],
    [{ parallel: '4' }, 'parallel is "4"'],
    [{ queue: -1 }, 'queue is -1'],
    [{ targets: 65 }, 'targets is 65'],
    [{ lookahead: 1.5 }, 'lookahead is 1.5'],
    [{ mode: 'fast' }, 'mode is "fast", but must be auto, none, si or dsi'],
    [{ model: '' }, 'model is ""'],
    [{ drafter: 'ngram,' }, 'drafter is "ngram,", but must be names separated by single commas'],
    [{ drafter: 'a,b,a' }, 'drafter is "a,b,a", but must be different names'],
    [{ drafter: 'none,ngram' }, 'drafter is "none,ngram", but must be none alone'],
    [{ drafter: 'a,b,c,d,e' }, 'drafter is "a,b,c,d,e", but must be 4 models at most'],
    [{ drafters: 2, drafter: 'ngram' }, 'drafters is 2, but must be left out when drafter names no model'],
    [{ lookahead: 4, drafter: 'none' }, 'lookahead is 4, but must be left out when drafter is none'],
    [{ natsUrl: [] }, 'natsUrl is a list of 0'],
    [{ natsUrl: ['nats://b', 'http://a'] }, 'natsUrl is "http://a", but must be 1 to 16 addresses'],
    [{ natsUrl: ['nats://user:password@a'] }, 'natsUrl is "nats://...@a"'],
    [{ natsUrl: ['secret-token@a'] }, 'natsUrl is "...@a"'],
    [{ subjectPrefix: 'a..b' }, 'subjectPrefix is "a..b"'],
    [{ subjectPrefix: 'a.*' }, 'subjectPrefix'],
    [{ workers: 'remote' }, 'workers is "remote", but must be local unless natsUrl is given'],
    [{ natsUser: 'me' }, 'natsUrl is missing, but must be given when natsUser is'],
    [{ natsUrl: ['a'], natsPassword: 'x' }, 'natsUser is missing'],
    [
      { natsUrl: ['a'], natsToken: 'x', natsUser: 'y' },
      'natsToken is "given", but must be left out when natsUser',
    ],
    [{ natsUrl: ['a'], natsTlsCert: 'c' }, 'natsTlsKey is missing'],
    [{ natsUrl: ['a'], natsTlsKey: 'c' }, 'natsTlsCert is missing'],
    [{ natsUrl: ['a'], natsServer: '/bin/x' }, 'natsServer is "/bin/x", but must be left out'],
    [{ natsUrl: ['a'], threads: 2 }, 'threads is 2, but must be left out when all workers are remote'],
    [{ modle: 'x' }, 'modle is "x", but must be left out: there is no such option'],
  ])('%j is refused: %s', (options, message) => {
    expect(() => compile(loose(options))).toThrow(InvalidOptionError);
    expect(() => compile(loose(options))).toThrow(message);
  });

  test('a bad variable is named as such', () => {
    expect(() => compile({}, { SLIPSTREAM_PARALLEL: 'many' })).toThrow('SLIPSTREAM_PARALLEL is "many"');
    expect(() => compile({}, { SLIPSTREAM_WORKERS: 'both' })).toThrow(
      'SLIPSTREAM_WORKERS is "both", but must be local unless natsUrl is given',
    );
  });

  test.each([
    { natsCredentials: '/nowhere/file' },
    { natsTlsCa: '/nowhere/file' },
    { natsTlsCert: '/nowhere/file', natsTlsKey: tmpdir() },
    { natsTlsCert: import.meta.filename, natsTlsKey: '/nowhere/file' },
  ])('a file that is not there is named, with the reason: %j', (files) => {
    const [name] = Object.entries(files).find(([, path]) => path === '/nowhere/file') ?? [];
    const { unreadable } = processContext();
    expect(() => compileEngineOptions({ natsUrl: ['a'], ...files }, testContext({}, { unreadable }))).toThrow(
      `${name} is "/nowhere/file", but must be a file that can be read: ENOENT`,
    );
  });

  test('a folder is no file that can be read', () => {
    const { unreadable } = processContext();
    const options = { natsUrl: ['a'], natsTlsCa: tmpdir() };
    expect(() => compileEngineOptions(options, testContext({}, { unreadable }))).toThrow(
      /natsTlsCa .*EISDIR/,
    );
  });

  test('a bad flag is named as such', () => {
    const context = testContext({}, { nameOf: (field) => `--${field}` });
    expect(() => compileEngineOptions({ parallel: 0 }, context)).toThrow('--parallel is 0');
  });
});
