/** The process of one peer, so that none shares memory, threads or libraries with another. Talks by IPC; see peer.ts. */
import { errorMessage } from '../../src/core/errors.js';
import { type Answer, type Command, commandSchema, type Decoded, type Opening, type Peer } from './peer.js';

let peer: Peer | undefined;

process.on('message', (message) => {
  obey(commandSchema.parse(message)).then(
    (decoded) => answer({ type: 'done', ...(decoded === undefined ? {} : { decoded }) }),
    (error: unknown) => answer({ type: 'failed', message: errorMessage(error) }),
  );
});
process.on('disconnect', () => process.exit());

async function obey(command: Command): Promise<Decoded | undefined> {
  switch (command.type) {
    case 'open':
      peer = await open(command.opening);
      return undefined;
    case 'decode':
      if (peer === undefined) throw new Error('the peer is not open');
      return peer.decode(command.request);
    case 'close':
      await peer?.close();
      return undefined;
  }
}

/** Each library is loaded only in the process that needs it. */
async function open(opening: Opening): Promise<Peer> {
  switch (opening.kind) {
    case 'slipstream':
      return (await import('./slipstream-peer.js')).openSlipstream(opening);
    case 'llama.cpp':
      return (await import('./llama-peer.js')).openLlama(opening);
    case 'onnxruntime':
      return (await import('./onnxruntime-peer.js')).openOnnxruntime(opening.folder);
    case 'transformers.js':
      return (await import('./transformers-peer.js')).openTransformers(opening.folder);
  }
}

function answer(message: Answer): void {
  process.send?.(message);
}
