// The minimum that registers: a `ws` server that accepts everybody and acknowledges with `registered`. Sends its port over IPC.
import { RecordingRegistry } from './recording-registry.mjs'

const { port } = await new RecordingRegistry().start()
process.send({ port })
process.on('disconnect', () => process.exit())
