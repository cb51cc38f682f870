/** An engine in the middle of a generation, for a test that kills it: prints a line when it is. */
import { createEngine } from '../../src/index.js';

const engine = await createEngine({ model: 'sim:target?ms=5', drafter: 'sim:drafter?ms=1', targets: 1 });
const generation = await engine.generate({ prompt: 'the long road', maxTokens: 100_000 });
for await (const { seq } of generation) if (seq === 5) process.stdout.write('under way\n');
