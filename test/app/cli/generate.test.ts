import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NoWorkerError } from '../../../src/core/errors.js';
import { run } from './harness.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipstream-generate-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('slipstream generate', () => {
  test('streams the text to stdout as it is committed and sums up in one line on stderr', async () => {
    const pieces: string[] = [];
    const { code, stdout, stderr, engines } = await run(['generate', '--prompt', 'hi'], {
      onStdout: (text) => pieces.push(text),
    });
    expect(code).toBe(0);
    expect(stdout).toBe('hello');
    expect(pieces.length).toBeGreaterThan(1);
    expect(stderr).toBe(
      '5 tokens (length), first after 100 ms, 100.0 tokens/s, acceptance 75 %, 1 rollback, ' +
        'forwards 5 target + 9 drafter; plan dsi, lookahead 4, 2 targets: scripted\n',
    );
    expect(engines[0]?.calls).toEqual(['close']);
  });

  test('on a terminal the text ends with a newline', async () => {
    expect((await run(['generate', '--prompt', 'hi'], { terminal: true })).stdout).toBe('hello\n');
  });

  test('every flag reaches the engine or the request', async () => {
    const { code, stderr, engines } = await run([
      'generate',
      ...[
        '--prompt',
        'hi',
        '--model',
        'm',
        '--drafter',
        'd',
        '--mode',
        'si',
        '--targets',
        '3',
        '--lookahead',
        '5',
      ],
      ...[
        '--threads',
        '2',
        '--offline',
        '--cache-folder',
        '/c',
        '--nats-server',
        '/bin/nats',
        '--subject-prefix',
        'x',
      ],
      ...['--max-tokens', '3', '--temperature', '0.5', '--top-k', '9', '--top-p', '.8', '--min-p', '0.1'],
      ...['--repetition-penalty', '1.1', '--presence-penalty', '-1', '--frequency-penalty', '-0.5'],
      ...[
        '--min-tokens',
        '2',
        '--logit-bias',
        '5=-100',
        '--logit-bias',
        '3=1.5',
        '--ignore-eos',
        '--seed',
        '11',
      ],
      ...['--stop', 'a', '--stop', 'b,c'],
    ]);
    expect(stderr).toContain('3 tokens');
    expect(code).toBe(0);
    expect(engines[0]?.options).toMatchObject({
      model: 'm',
      drafting: { ngram: false, models: ['d'] },
      defaults: { mode: 'si', targets: 3, lookahead: 5 },
      local: { targets: 3, drafters: 1, threads: 2 },
      store: { offline: true, cacheFolder: '/c' },
      natsServer: '/bin/nats',
      nats: { subjectPrefix: 'x' },
    });
    expect(engines[0]?.requests[0]).toMatchObject({
      maxTokens: 3,
      seed: 11,
      stop: ['a', 'b,c'],
      mode: 'si',
      lookahead: 5,
      targets: 3,
      sampler: {
        temperature: 0.5,
        topK: 9,
        topP: 0.8,
        minP: 0.1,
        repetitionPenalty: 1.1,
        presencePenalty: -1,
        frequencyPenalty: -0.5,
        minTokens: 2,
        endTokenIds: [],
        logitBias: [
          [3, 1.5],
          [5, -100],
        ],
      },
    });
  });

  test('NATS addresses may be repeated or separated by commas', async () => {
    const { engines } = await run(['generate', '--prompt', 'x', '--nats', 'a:1', '--nats', 'b,c']);
    expect(engines[0]?.options.nats.servers).toEqual(['a:1', 'b', 'c']);
  });

  test('--logprobs is told with --json, and refused where there is no place for it', async () => {
    const asked = ['generate', '--prompt', 'hi', '--logprobs', '2'];
    const { stdout, engines } = await run([...asked, '--json']);
    expect(engines[0]?.requests[0]).toMatchObject({ logprobs: 2 });
    expect(JSON.parse(stdout).logprobs).toEqual(
      [...'hello'].map((text) => ({
        logprob: -0.5,
        top_logprobs: [{ token: text.charCodeAt(0), text, logprob: -0.5 }],
      })),
    );
    const { code, stderr } = await run(asked);
    expect(code).toBe(2);
    expect(stderr).toContain('--logprobs is 2, but must be given with --json');
  });

  test('--json prints one object with ids, usage, timings and speculation', async () => {
    const { code, stdout, stderr } = await run(['generate', '--prompt', 'hi', '--json', '--drafter', 'none']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout.endsWith('}\n')).toBe(true);
    expect(JSON.parse(stdout)).toEqual({
      id: 'g0',
      mode: 'none',
      model: 'fable',
      drafter: null,
      seed: 7,
      numerics: 'exact',
      prompt_token_ids: [104, 105],
      token_ids: [104, 101, 108, 108, 111],
      text: 'hello',
      finish_reason: 'length',
      usage: { prompt_tokens: 2, completion_tokens: 5, total_tokens: 7 },
      timings: {
        prompt_n: 2,
        prompt_ms: 100,
        predicted_n: 5,
        predicted_ms: 40,
        predicted_per_second: 100,
        draft_n: 4,
        draft_n_accepted: 3,
      },
      speculation: expect.objectContaining({ mode: 'none', target_forwards: 5, acceptance: null }),
    });
  });

  describe('prompts', () => {
    const prompted = async (argv: readonly string[], stdin?: string | Uint8Array) => {
      const result = await run(['generate', ...argv], stdin === undefined ? {} : { stdin });
      const ids = result.engines[0]?.requests[0]?.promptTokenIds ?? [];
      return { ...result, prompt: String.fromCharCode(...ids) };
    };

    test('come from stdin when no flag gives one, without its final newline', async () => {
      expect((await prompted([], 'one\ntwo\n')).prompt).toBe('one\ntwo');
      expect((await prompted([], 'one\r\n')).prompt).toBe('one');
      expect((await prompted([], 'one\n\n')).prompt).toBe('one\n');
    });

    test('are taken as they are with --raw', async () => {
      expect((await prompted(['--raw'], 'one\n')).prompt).toBe('one\n');
    });

    test('come from a file', async () => {
      const file = join(folder, 'prompt.txt');
      writeFileSync(file, 'from a file\n');
      expect((await prompted(['--prompt-file', file])).prompt).toBe('from a file');
    });

    test('come as a chat message, through the template', async () => {
      expect((await prompted(['--chat', 'hey'])).prompt).toBe('user:hey');
    });

    test.each([
      [['--prompt', ''], '--prompt is "", but must be a text that is not empty'],
      [['--chat', ''], '--chat is ""'],
      [['--prompt', 'a', '--chat', 'b'], '--chat is "b", but must be left out when --prompt is given'],
      [['--prompt-file', 'f', '--prompt', 'b'], '--prompt-file is "f", but must be left out when --prompt'],
      [['--chat', 'a', '--raw'], '--raw is true, but must be left out when --chat is given'],
      [[], '--prompt is missing, but must be given, or --chat, --prompt-file, or text on stdin'],
    ])('%j is wrong use', async (argv, message) => {
      const { code, stderr, engines } = await prompted(argv);
      expect(stderr).toContain(`slipstream: ${message}`);
      expect(code).toBe(2);
      expect(engines).toEqual([]);
    });

    test('an empty stdin is refused, and so is what is no text', async () => {
      const refused = 'the prompt on stdin is "", but must be a text that is not empty';
      expect((await prompted([], '')).stderr).toContain(refused);
      expect((await prompted([], '\n')).stderr).toContain(refused);
      const binary = await prompted([], Uint8Array.of(0xff, 0xfe, 0x80));
      expect(binary.stderr).toContain('text in UTF-8');
      expect(binary.code).toBe(2);
    });

    test('a file that is not there is a failure, told in one line', async () => {
      const { code, stderr } = await prompted(['--prompt-file', join(folder, 'none.txt')]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^slipstream: cannot read --prompt-file .*none\.txt: ENOENT.*\n$/);
    });

    test('a prompt longer than the context is wrong use', async () => {
      const { code, stderr } = await prompted(['--prompt', 'x'.repeat(600)]);
      expect(stderr).toContain('prompt is 600 tokens long');
      expect(code).toBe(2);
    });
  });

  test.each([
    [['--top-p', '2'], '--top-p is 2, but must be a number above 0 and at most 1'],
    [['--top-p', 'high'], '--top-p is "high"'],
    [['--temperature', '0x1'], '--temperature is "0x1"'],
    [['--max-tokens', '0'], '--max-tokens is 0'],
    [['--max-tokens', '1.5'], '--max-tokens is 1.5'],
    [['--max-tokens', '2', '--min-tokens', '3'], '--min-tokens is 3, but must be --max-tokens (2) at most'],
    [['--logit-bias', '5'], '--logit-bias is "5", but must be a token id and a bias, such as 42=-5'],
    [['--logit-bias', '5=many'], '--logit-bias of token 5 is "many"'],
    [
      ['--logit-bias', '5=1', '--logit-bias', '5=2'],
      '--logit-bias of token 5 is "5=2", but must be given once',
    ],
    [
      ['--logit-bias', '9007199254740993=1'],
      '--logit-bias token id is "9007199254740993", but must be a whole number from 0',
    ],
    [['--logit-bias', '05=1', '--logit-bias', '5=2'], '--logit-bias of token 5 is "5=2"'],
    [['--trace', ''], '--trace is "", but must be the name of a file'],
    [['--mode', 'none', '--lookahead', '4'], '--lookahead is 4, but must be left out when --mode is none'],
    [['--mode', 'fast'], '--mode is "fast", but must be auto, none, si or dsi'],
    [['--targets', '65'], '--targets is 65, but must be a whole number from 1 to 64'],
    [['--workers', 'remote'], '--workers is "remote", but must be local unless --nats is given'],
    [['--log-level', 'loud'], '--log-level is "loud"'],
    [['--stop', ''], '--stop is ""'],
    [['--tempo', '1'], "unknown option '--tempo'"],
    [['extra'], 'too many arguments'],
    [['--seed'], "option '--seed <N>' argument missing"],
    [['--seed', '9007199254740993'], '--seed is "9007199254740993", but must be a whole number from 0 to'],
    [['--targets', '9007199254740993'], '--targets is "9007199254740993", but must be'],
  ])('%j is wrong use: nothing is started, one line says why', async (argv, message) => {
    const { code, stderr, engines } = await run(['generate', '--prompt', 'hi', ...argv]);
    expect(stderr).toContain(`slipstream: ${message}`);
    expect(stderr).not.toContain('    at ');
    expect(code).toBe(2);
    expect(engines).toEqual([]);
  });

  test('what only the engine can refuse is named as the user wrote it', async () => {
    const { code, stderr, engines } = await run(['generate', '--prompt', 'hi', '--logit-bias', '70000=1']);
    expect(stderr).toContain('slipstream: --logit-bias token id is 70000, but must be a token id');
    expect(code).toBe(2);
    expect(engines[0]?.calls).toEqual(['close']);
  });

  test('a generation that fails keeps the text so far, says why and exits with 1', async () => {
    const { code, stdout, stderr, engines } = await run(['generate', '--prompt', 'hi'], {
      script: { end: new NoWorkerError('no target answered in 30 s') },
    });
    expect(stdout).toBe('hello');
    expect(stderr).toMatch(/^slipstream: no target answered in 30 s\n5 tokens \(error\)/);
    expect(code).toBe(1);
    expect(engines[0]?.calls).toEqual(['close']);
  });

  test('with --json a failure is in the object too', async () => {
    const { code, stdout } = await run(['generate', '--prompt', 'hi', '--json'], {
      script: { end: new NoWorkerError('gone') },
    });
    expect(JSON.parse(stdout)).toMatchObject({
      finish_reason: 'error',
      error: { code: 'no_worker', message: 'gone' },
    });
    expect(code).toBe(1);
  });

  test('Ctrl-C cancels, shows the summary and exits with 130', async () => {
    const interrupted = new AbortController();
    const { code, stdout, stderr, engines } = await run(['generate', '--prompt', 'hi'], {
      script: { text: 'abc', end: 'hang' },
      interrupted,
      onStdout: (text) => text.includes('c') && interrupted.abort('SIGINT'),
    });
    expect(stdout).toBe('abc');
    expect(stderr).toContain('3 tokens (cancelled)');
    expect(code).toBe(130);
    expect(engines[0]?.calls).toEqual(['cancel', 'close']);
  });

  test('Ctrl-C while the engine starts ends the command, and an engine that comes late is closed', async () => {
    const interrupted = new AbortController();
    const closed = resolvers();
    let arrive = (_: never) => {};
    const { code, stderr } = await run(['generate', '--prompt', 'hi'], {
      interrupted,
      services: {
        createEngine: () => {
          setImmediate(() => interrupted.abort('SIGINT'));
          return new Promise((resolve) => {
            arrive = resolve as typeof arrive;
          });
        },
      },
    });
    expect([code, stderr]).toEqual([130, '']);
    arrive({ close: () => Promise.resolve(closed.resolve(undefined)) } as never);
    await closed.promise;
  });

  test('Ctrl-C while the prompt is awaited ends the command', async () => {
    const interrupted = new AbortController();
    setImmediate(() => interrupted.abort('SIGINT'));
    expect(await run(['generate'], { stdin: 'never ends', interrupted })).toMatchObject({
      code: 130,
      stderr: '',
    });
  });

  test('when the reader of stdout goes away the generation is cancelled quietly', async () => {
    const outputClosed = new AbortController();
    const { code, engines } = await run(['generate', '--prompt', 'hi'], {
      script: { text: 'abc', end: 'hang' },
      outputClosed,
      onStdout: () => outputClosed.abort(),
    });
    expect(code).toBe(0);
    expect(engines[0]?.calls).toEqual(['cancel', 'close']);
  });

  test('--trace writes a file and says where the time went', async () => {
    const file = join(folder, 'trace.json');
    const { stderr, code } = await run(['generate', '--prompt', 'hi', '--trace', file], {
      services: {
        createEngine: async (options, { trace }) => {
          const { ScriptedEngine } = await import('./harness.js');
          const engine = new ScriptedEngine(options, {});
          const event = { track: 't', generation: 'g0' };
          trace?.({ ...event, kind: 'generation', startMs: 0, endMs: 100 });
          trace?.({ ...event, kind: 'pass', startMs: 0, endMs: 75, data: { job: 1, position: 2, ids: [9] } });
          trace?.({ ...event, kind: 'commit', startMs: 80, data: { position: 2, token: 9 } });
          return engine;
        },
      },
    });
    expect(code).toBe(0);
    expect(stderr).toContain('time 100 ms: pass 75 ms (75 %), bus 0 ms (0 %), waiting 25 ms (25 %)');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toHaveProperty('traceEvents');
  });

  test('a trace file that cannot be written stops before anything is loaded', async () => {
    const { code, stderr, engines } = await run([
      'generate',
      '--prompt',
      'hi',
      '--trace',
      join(folder, 'no', 't'),
    ]);
    expect(stderr).toContain('slipstream: cannot write the trace to');
    expect(code).toBe(1);
    expect(engines).toEqual([]);
  });

  test('a defect shows where it is', async () => {
    const { code, stderr } = await run(['generate', '--prompt', 'hi'], {
      services: { createEngine: () => Promise.reject(new TypeError('oops')) },
    });
    expect(stderr).toMatch(/unexpected error, please report it: TypeError: oops\n {4}at /);
    expect(code).toBe(1);
  });

  test('--help shows examples and defaults', async () => {
    const { code, stdout } = await run(['generate', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Examples:');
    expect(stdout).toContain('--drafter <ngram|MODEL,...|none>');
    expect(stdout).toContain('(default: fable)');
  });
});

function resolvers() {
  let resolve = (_: unknown) => {};
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
