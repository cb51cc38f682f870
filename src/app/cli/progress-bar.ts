import { Writable } from 'node:stream';
import { SingleBar } from 'cli-progress';
import type { CliOutput } from './io.js';

/** Values of a bar's format by name. */
export type BarWords = Readonly<Record<string, string>>;

export interface ProgressBar {
  update(done: number, words: BarWords, total?: number): void;
  stop(): void;
}

/** A bar on a terminal: `format` names `{bar}`, `{percentage}` and the words. */
export function startProgressBar(
  output: CliOutput,
  format: string,
  total: number,
  words: BarWords,
): ProgressBar {
  const stream = new Writable({
    decodeStrings: false,
    write: (text, _encoding, done) => void output.write(String(text)).then(() => done()),
  });
  const bar = new SingleBar({
    stream: Object.assign(stream, { isTTY: true, columns: output.columns }),
    format,
    barsize: 30,
    hideCursor: true,
    // The signals of the process are handled in one place.
    gracefulExit: false,
  });
  bar.start(total, 0, words);
  return {
    update: (done, now, newTotal) => {
      if (newTotal !== undefined) bar.setTotal(newTotal);
      bar.update(done, now);
    },
    stop: () => bar.stop(),
  };
}
