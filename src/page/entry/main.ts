// One script for both pages: nearly all of it is the same, and an image holds it once. What the other page needs alone is not run.
if (document.body.dataset.page === 'registry') void import('../registry/main.ts')
else void import('../sidecar/main.ts')
