const bot = (name, folder, requirements) => ({
  name,
  folder,
  needs: ['python3', '-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'],
  get: 'install Python 3.10 or later with venv',
  build: [
    ['python3', '-m', 'venv', 'venv'],
    ['venv/bin/pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements],
  ],
  run: (dir) => [`${dir}/venv/bin/python`, `${dir}/bot.py`],
})

export const programs = [
  bot('Python', 'python', 'that-work.txt'),
  bot('Python, as installed', 'python-as-installed', 'as-installed.txt'),
]
