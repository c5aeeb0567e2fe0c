/** The metrics of a process that serves them on `port` of loopback: the value of each sample by its name and labels. */
export async function metricsOf(port) {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`)
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at + 1))]
    }),
  )
}

/** The sum of all samples of a metric, whatever their labels. */
export function sumOf(metrics, name) {
  return [...metrics]
    .filter(([sample]) => sample === name || sample.startsWith(`${name}{`))
    .reduce((sum, [, value]) => sum + value, 0)
}
