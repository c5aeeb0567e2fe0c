export const programs = [
  {
    name: 'Rust',
    folder: 'rust',
    needs: ['sh', '-c', 'cargo --version && pkg-config --exists --print-errors openssl'],
    get: 'install Rust 1.88 or later with Cargo, pkg-config and the headers of OpenSSL, in Debian libssl-dev',
    build: [['cargo', 'build', '--locked', '--quiet', '--target-dir', 'target']],
    run: (dir) => [`${dir}/target/debug/bot`],
  },
]
