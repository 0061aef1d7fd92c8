// The link that holds all that the page shows: the compressed state after `#`, which browsers send nowhere.

import { packText, unpackText } from "./packed";
import { readState, type State } from "./state";

/** Changes if links of before can no longer be read. */
const VERSION = "1.";

export async function linkOf(state: State): Promise<string> {
  return `${location.href.split("#")[0]}#${VERSION}${await packText(JSON.stringify(state))}`;
}

/** The state in the address. Null if there is none, or if it cannot be read. */
export async function stateInLink(start: State): Promise<State | null> {
  const packed = location.hash.slice(1);
  if (!packed.startsWith(VERSION)) return null;
  try {
    return readState(JSON.parse(await unpackText(packed.slice(VERSION.length))), start);
  } catch {
    return null;
  }
}
