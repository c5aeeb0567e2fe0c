// Builds the puppets in `servers` into `.cache`. What a row means: `../support/install-languages.mjs`.
import { fileURLToPath } from 'node:url'
import { installLanguages } from '../support/install-languages.mjs'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))

const LANGUAGES = [
  {
    name: 'Go',
    folder: 'go',
    needs: ['go', 'version'],
    get: 'install Go 1.26 or later',
    build: [['go', 'build', '-o', 'puppet', '.']],
    run: (dir) => [`${dir}/puppet`],
  },
  {
    name: 'Python',
    folder: 'python',
    needs: ['python3', '-c', 'import venv, ensurepip'],
    get: 'install Python 3 with venv',
    build: [
      ['python3', '-m', 'venv', 'venv'],
      ['venv/bin/pip', 'install', '--quiet', '--disable-pip-version-check', '-r', 'requirements.txt'],
    ],
    run: (dir) => [`${dir}/venv/bin/python`, `${dir}/puppet.py`],
  },
  {
    name: 'Java',
    folder: 'java',
    needs: ['sh', '-c', 'javac -version && mvn --version'],
    get: 'install a JDK of version 17 or later, and Maven',
    build: [
      ['mvn', '--batch-mode', '--quiet', 'dependency:copy-dependencies', '-DoutputDirectory=lib'],
      ['javac', '-cp', 'lib/*', '-d', 'classes', 'Puppet.java'],
    ],
    run: (dir) => ['java', '-cp', `${dir}/lib/*:${dir}/classes`, 'Puppet'],
  },
  {
    name: 'Rust',
    folder: 'rust',
    needs: ['cargo', '--version'],
    get: 'install Rust 1.88 or later with Cargo',
    build: [['cargo', 'build', '--quiet', '--target-dir', 'target']],
    run: (dir) => [`${dir}/target/debug/puppet`],
  },
  {
    name: 'C++',
    folder: 'cpp',
    needs: ['sh', '-c', 'g++ --version && pkg-config --exists --print-errors grpc++'],
    get: "install g++, pkg-config and gRPC's library, in Debian libgrpc++-dev",
    build: [['sh', '-c', 'g++ -std=c++17 -o puppet puppet.cc $(pkg-config --cflags --libs grpc++)']],
    run: (dir) => [`${dir}/puppet`],
  },
  {
    name: 'Ruby',
    folder: 'ruby',
    needs: ['ruby', '-e', "require 'grpc'"],
    get: "install Ruby and gRPC's gem, in Debian ruby-grpc",
    build: [],
    run: (dir) => ['ruby', `${dir}/puppet.rb`],
  },
]

installLanguages(
  LANGUAGES.map((language) => ({ ...language, source: at(`servers/${language.folder}`) })),
  at('.cache'),
)
