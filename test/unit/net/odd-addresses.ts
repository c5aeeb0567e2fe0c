import fc from 'fast-check'

/** Addresses in many spellings. */
export const addresses = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.ipV4().map((address) => `::ffff:${address}`),
  fc.ipV4().map((address) => address.replace(/^\d+/, '10')),
  fc.constantFrom('fe80::1%eth0', '2001:db8::1', '::', '10.0.0.1'),
)
/** What proxies and forgers write into X-Forwarded-For between two commas. */
export const hops = fc.oneof(
  { weight: 3, arbitrary: addresses },
  addresses.map((address) => (address.includes(':') ? `[${address}]:443` : `${address}:443`)),
  fc.constantFrom('', ' ', 'unknown', '_hidden', '[', '[]', '[]:1', ':1', '1.2.3.4:', '%', '::%', 'fe80::1%'),
  fc.string({ unit: 'binary', maxLength: 30 }),
)
