// Preloaded into a worker process by bench/hot-path.ts: profiles it from start to exit.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

const { HOT_PATH_PROFILES: folder, HOT_PATH_INTERVAL_US: interval } = process.env;

if (folder !== undefined && isMainThread && process.argv[2] === 'worker') {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: Number(interval) });
  session.post('Profiler.start');
  process.on('exit', () => {
    session.post('Profiler.stop', (_, { profile }) =>
      writeFileSync(join(folder, `${process.pid}.json`), JSON.stringify(profile)),
    );
  });
}
