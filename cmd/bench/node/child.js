// Aggregates the lines that the parent sends; at its null, sends the groups
// back and ends.
const groups = new Map()

function add(e) {
  const minute = Math.floor(Date.parse(e.ts) / 60000)
  const key = minute + ' ' + e.host
  const g = groups.get(key)
  if (g === undefined) {
    groups.set(key, { minute, host: e.host, n: 1, sum: e.latency_ms, min: e.latency_ms, max: e.latency_ms, bytes: e.bytes })
    return
  }
  g.n++
  g.sum += e.latency_ms
  if (e.latency_ms < g.min) g.min = e.latency_ms
  if (e.latency_ms > g.max) g.max = e.latency_ms
  g.bytes += e.bytes
}

function partials() {
  return [...groups.values()].map(g => {
    const window = new Date(g.minute * 60000).toISOString().slice(0, 19).replace('T', ' ')
    return [`${window},${g.host}`, g.n, g.sum, g.min, g.max, g.bytes]
  })
}

process.on('message', text => {
  if (text === null) {
    process.send(partials(), () => process.disconnect())
    return
  }
  for (const line of text.split('\n')) {
    if (line === '') continue
    const e = JSON.parse(line)
    if (e.status < 500) add(e)
  }
})
