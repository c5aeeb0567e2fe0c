// Import this first: the packages read their log level while they load, and some of them print tokens.
process.env.BROLOG_LEVEL = 'silent'
process.env.WECHATY_LOG = 'silent'
for (const method of ['debug', 'error', 'info', 'log', 'warn']) console[method] = () => {}
