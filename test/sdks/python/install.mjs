import { fileURLToPath } from 'node:url'

const program = (name, folder, source, requirements) => ({
  name,
  folder,
  source: fileURLToPath(new URL(source, import.meta.url)),
  needs: ['python3', '-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'],
  get: 'install Python 3.10 or later with venv',
  build: [
    ['python3', '-m', 'venv', 'venv'],
    ['venv/bin/pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements],
  ],
  run: (dir) => [`${dir}/venv/bin/python`, `${dir}/${source}.py`],
})

export const programs = [
  program('Python', 'python', 'bot', 'that-work.txt'),
  program('Python, as installed', 'python-as-installed', 'bot', 'as-installed.txt'),
  program('a puppet in Python', 'python-puppet', 'puppet', 'requirements.txt'),
]
