import { describe, expect, test } from 'vitest';
import { NoWorkerError } from '../../../src/core/errors.js';
import { createVirtualEngine } from '../../support/virtual-engine.js';
import { run, ScriptedEngine } from './harness.js';

describe('slipstream demo', () => {
  test('decodes the same request in all modes on one engine and compares', async () => {
    const { code, stdout, stderr, engines } = await run(['demo', '--max-tokens', '5']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(engines).toHaveLength(1);
    expect(engines[0]?.options.defaults.mode).toBe('dsi');
    expect(engines[0]?.calls).toEqual(['close']);
    const requests = engines[0]?.requests ?? [];
    expect(requests.map(({ mode }) => mode)).toEqual(['none', 'si', 'dsi']);
    expect(new Set(requests.map(({ seed, promptTokenIds }) => `${seed} ${promptTokenIds}`)).size).toBe(1);
    expect(stdout).toMatch(/^prompt: The captain .*, and then\n\nnone: /);
    expect(stdout).toContain(
      'token by token\nhello\n\nsi: draft, verify, repeat\nhello\n\ndsi: draft and verify at the same time\nhello\n\n',
    );
    expect(stdout).toContain(
      'mode  tokens/s  speed  first token  acceptance  rollbacks  target passes  targets',
    );
    expect(stdout).toContain('dsi   100.0     1.00x  100 ms       75 %        1          5              2');
    expect(stdout).toContain('The three texts are the same, token by token (5 tokens).');
    expect(stdout).not.toContain('\u001b[');
  });

  test('its help tells the defaults it has', async () => {
    const [help, { engines }] = await Promise.all([run(['demo', '--help']), run(['demo'])]);
    const text = help.stdout.replaceAll(/\s+/g, ' ');
    const request = engines[0]?.requests[0];
    expect(text).toContain(`most tokens to generate (default: ${request?.maxTokens})`);
    expect(text).toContain(`per occurrence in the output (default: ${request?.sampler.frequencyPenalty})`);
    expect(text).toContain(`equal texts (default: ${request?.seed})`);
  });

  test('on a terminal guessed tokens are green and the target’s own are not', async () => {
    const { stdout } = await run(['demo'], {
      terminal: true,
      script: { text: 'a^b' },
    });
    expect(stdout).toContain('\u001b[32ma\u001b[39m');
    expect(stdout).toContain('b\n');
    expect(stdout).not.toContain('\u001b[32mb');
  });

  test('a terminal that cannot write over anything gets the text alone', async () => {
    const { stdout } = await run(['demo'], { terminal: true, dumb: true, script: { text: 'a^b' } });
    expect(stdout).not.toContain('drafted');
    expect(stdout).toContain('ab\n');
  });

  test('a terminal shows what became of the drafts, by the trace of the engine', async () => {
    const models = ['--model', 'sim:target?ms=20', '--drafter', 'sim:drafter?ms=2&acceptance=0.7'];
    const { stdout } = await run(['demo', ...models, '--targets', '3', '--max-tokens', '24'], {
      terminal: true,
      services: { createEngine: async (options, deps) => createVirtualEngine(options, deps) },
    });
    const [plain = '', ...speculative] = stdout.split(/^.*(?:repeat|same time) .*$/m);
    expect(plain).not.toContain('drafted');
    expect(speculative).toHaveLength(2);
    for (const [index, mode] of (['si', 'dsi'] as const).entries()) {
      const counts = [
        ...(speculative[index] ?? '').matchAll(/drafted (\d+), accepted (\d+), refuted (\d+)/g),
      ];
      const [drafted = 0, accepted = 0, refuted = 0] = counts.at(-1)?.slice(1).map(Number) ?? [];
      expect(drafted).toBeGreaterThanOrEqual(accepted + refuted);
      const acceptance = Math.round((accepted / (accepted + refuted)) * 100);
      expect(stdout).toMatch(new RegExp(`^${mode} .* ${acceptance} % `, 'm'));
    }
  });

  test('different tokens in one mode are a failure', async () => {
    const { code, stderr } = await run(['demo'], {
      services: {
        createEngine: async (options) => {
          const [same, other] = [
            new ScriptedEngine(options, {}),
            new ScriptedEngine(options, { text: 'hullo' }),
          ];
          return Object.assign(Object.create(same), {
            create: (request: Parameters<ScriptedEngine['create']>[0]) =>
              (request.mode === 'dsi' ? other : same).create(request),
          });
        },
      },
    });
    expect(stderr).toContain('slipstream: dsi gave other tokens than none');
    expect(code).toBe(1);
  });

  test('a failed generation ends it', async () => {
    const { code, stderr } = await run(['demo'], { script: { end: new NoWorkerError('gone') } });
    expect(stderr).toBe('slipstream: gone\n');
    expect(code).toBe(1);
  });

  test('Ctrl-C ends it with 130', async () => {
    const interrupted = new AbortController();
    const { code, engines } = await run(['demo'], {
      script: { text: 'abc', end: 'hang' },
      interrupted,
      onStdout: (text) => text.includes('c') && interrupted.abort('SIGINT'),
    });
    expect(code).toBe(130);
    expect(engines[0]?.calls).toEqual(['cancel', 'close']);
  });

  test('without a drafter there is nothing to compare', async () => {
    const { code, stderr } = await run(['demo', '--drafter', 'none']);
    expect(stderr).toBe('slipstream: --drafter is "none", but must be somebody who drafts\n');
    expect(code).toBe(2);
  });
});
