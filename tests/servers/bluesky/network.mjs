// The Bluesky development network as a child process of a test. It says {"pds": URL} on standard output once it is
// ready, answers each line on standard input with {"processed": true} once everything posted so far can be found, and
// ends when standard input does.
import net from 'node:net'
import readline from 'node:readline'

// Every server of the network listens on all interfaces unless told otherwise, and nothing in its settings tells it.
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (first, ...others) {
  if (typeof first === 'number' || (typeof first === 'string' && /^\d+$/.test(first))) {
    if (typeof others[0] !== 'string') return listen.call(this, first, '127.0.0.1', ...others)
  } else if (first && typeof first === 'object' && 'port' in first) {
    return listen.call(this, { ...first, host: '127.0.0.1' }, ...others)
  }
  return listen.call(this, first, ...others)
}

const say = (message) => process.stdout.write(JSON.stringify(message) + '\n')
// Its own talk must not stand between ours.
console.log = console.info = console.time = console.timeEnd = () => {}

const { TestNetwork } = await import('@atproto/dev-env')
const network = await TestNetwork.create({
  dbPostgresSchema: 'nobet',
  pds: { hostname: 'localhost', enableDidDocWithSession: true },
})
say({ pds: network.pds.url })
for await (const _ of readline.createInterface({ input: process.stdin })) {
  await network.processAll()
  say({ processed: true })
}
await network.close()
process.exit(0)
