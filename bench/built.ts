/**
 * Loads an internal module of the build, so that the figures are those of the published package. The types are those of the source,
 * so that they can be checked without a build.
 */
export function built<Module>(path: string): Module {
  return require(`../dist/lib/${path}`) as Module;
}
