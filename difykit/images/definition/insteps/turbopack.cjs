// Loaded into a build of Next.js before it starts: from 16 on its bundler keeps what it has computed in .next/cache too,
// as webpack's does. That is a setting of next.config, which is upstream's file; here it is the default that changes,
// where the release of Next.js has such a setting at all. What next.config says still counts.
const Module = require('node:module')

const load = Module._load
Module._load = function (request, ...rest) {
  const found = load.call(this, request, ...rest)
  if (/(?:^|\/)config-shared(?:\.js)?$/.test(request)) {
    const usual = found?.defaultConfig?.experimental
    if (usual?.turbopackFileSystemCacheForBuild === false) usual.turbopackFileSystemCacheForBuild = true
  }
  return found
}
