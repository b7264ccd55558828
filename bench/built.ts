/**
 * An internal part of what was built, like the package itself, so that the figures are those of what is published; with the types of
 * the source, so that nothing need be built to check them.
 */
export function built<Module>(path: string): Module {
  return require(`../dist/lib/${path}`) as Module;
}
