/** Under a name that earlier stages may import types from. */
export type { ListenerOptions } from './listener';
