/** `bench:truth --short`: run for every change. The limit is far above what is wanted, because machines are busy. */
export const SHORT = {
  faults: [
    'puppet killed',
    'puppet restarted',
    'link reset again',
    'registry restarted',
    'puppet frozen',
    'sidecar killed',
  ],
  subjects: ['product', 'oracle'],
  registries: ['own'],
  limitS: 1.2,
  environment: { REGISTRAR_VERIFY_INTERVAL: '1s' },
}
