/** Sets an entry of a map that keeps so many at most, the latest: what is set again is the latest, and the oldest is forgotten. */
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
