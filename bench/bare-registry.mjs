// The least that can register: a `ws` server that accepts whoever comes and says `registered`. Says its port over IPC.
import { Recorder } from './recorder.mjs'

const { port } = await new Recorder().start()
process.send({ port })
process.on('disconnect', () => process.exit())
