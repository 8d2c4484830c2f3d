// The seed of the idea: a parent that reads a file and sends its lines, as they
// are, to two forked children; they parse and aggregate, it merges what they
// send back and writes, per minute and host, the results of W1 as CSV.
//
//   node parent.js EVENTS.ndjson RESULT.csv chunk|line
//
// A message is about 64 KiB of lines, or one line.
const { fork } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const [events, result, unit] = process.argv.slice(2)
const childCount = 2
const chunkSize = 64 * 1024 // bytes
const underWay = unit === 'line' ? 1000 : 8 // messages to a child that may wait in its pipe

function start() {
  const child = fork(path.join(__dirname, 'child.js'))
  child.waiting = []
  child.partials = new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', code => reject(new Error(`a child ended with ${code}`)))
  })
  return child
}

// Sends a message, but waits while too many are under way.
async function send(child, message) {
  child.waiting.push(new Promise((resolve, reject) => {
    child.send(message, err => err ? reject(err) : resolve())
  }))
  if (child.waiting.length > underWay) await child.waiting.shift()
}

// Whole lines as they are to be sent.
function messages(lines) {
  if (unit === 'line') return lines.split('\n').filter(line => line !== '')
  return lines === '' ? [] : [lines]
}

async function deal(children) {
  let rest = ''
  let next = 0
  for await (const chunk of fs.createReadStream(events, { encoding: 'utf8', highWaterMark: chunkSize })) {
    const text = rest + chunk
    const cut = text.lastIndexOf('\n') + 1
    rest = text.slice(cut)
    for (const message of messages(text.slice(0, cut))) await send(children[next++ % childCount], message)
  }
  if (rest !== '') await send(children[0], rest)
  for (const child of children) await send(child, null)
}

function merge(groups, partials) {
  for (const [key, n, sum, min, max, bytes] of partials) {
    const g = groups.get(key)
    if (g === undefined) {
      groups.set(key, { n, sum, min, max, bytes })
      continue
    }
    g.n += n
    g.sum += sum
    g.min = Math.min(g.min, min)
    g.max = Math.max(g.max, max)
    g.bytes += bytes
  }
}

function write(groups) {
  const lines = ['window,host,n,a,mi,ma,b']
  for (const key of [...groups.keys()].sort()) {
    const g = groups.get(key)
    lines.push(`${key},${g.n},${g.sum / g.n},${g.min},${g.max},${g.bytes}`)
  }
  fs.writeFileSync(result, lines.join('\n') + '\n')
}

async function main() {
  const children = Array.from({ length: childCount }, start)
  await deal(children)
  const groups = new Map()
  for (const child of children) merge(groups, await child.partials)
  write(groups)
}

main().catch(err => {
  console.error(err)
  process.exit(1)
})
