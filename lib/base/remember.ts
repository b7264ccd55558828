/** Sets an entry of a map with at most `max` entries. The entry becomes the latest, and the oldest one is deleted if there are too many. */
export function remember<Key, Value>(
  map: Map<Key, Value>,
  max: number,
  key: Key,
  value: Value,
): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= max) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
