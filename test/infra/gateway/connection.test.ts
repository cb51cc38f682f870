import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let house: TestGateway;
beforeEach(async () => {
  house = await startTestGateway();
});
afterEach(() => house.stop());

describe('a generation over a WebSocket', () => {
  test('is announced with seed and parameters, sent token by token, and finished with its report', async () => {
    house.service.script = (generation) => {
      generation.log.append('Hel', 'lo', '');
      generation.complete('length');
    };
    const client = await house.connect();
    client.send({
      type: 'generation.create',
      ref: 'mine',
      prompt: 'hi',
      max_tokens: 3,
      seed: 11,
      stop: 'END',
      logit_bias: { 5: -1 },
      speculative: { mode: 'si', lookahead: 4 },
    });
    await client.frame('generation.finished');
    expect(client.frames).toEqual([
      {
        type: 'generation.created',
        id: 'generation-0',
        ref: 'mine',
        model: 'scripted',
        drafter: 'guesses',
        seed: 11,
        prompt_tokens: 3,
        parameters: {
          max_tokens: 3,
          min_tokens: 0,
          temperature: 0,
          top_k: 0,
          top_p: 1,
          min_p: 0,
          repetition_penalty: 1,
          presence_penalty: 0,
          frequency_penalty: 0,
          logit_bias: { 5: -1 },
          seed: 11,
          stop: ['END'],
          ignore_eos: false,
          speculative: { mode: 'si', lookahead: 4 },
        },
      },
      { type: 'token', id: 'generation-0', seq: 0, token: 1000, text: 'Hel', drafted: false },
      { type: 'token', id: 'generation-0', seq: 1, token: 1001, text: 'lo', drafted: true },
      { type: 'token', id: 'generation-0', seq: 2, token: 1002, text: '', drafted: false },
      {
        type: 'generation.finished',
        id: 'generation-0',
        finish_reason: 'length',
        usage: { prompt_tokens: 3, completion_tokens: 3, total_tokens: 6 },
        timings: expect.objectContaining({ draft_n: 4, draft_n_accepted: 3 }),
        speculation: expect.objectContaining({ mode: 'dsi', acceptance: 0.75, estimated_speedup: null }),
      },
    ]);
  });
});
