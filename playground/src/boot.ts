// Unpacks the scripts of the page and starts them. The Content-Security-Policy allows only the script with the right hash.

import { unlzma } from "./lzma";
import { bytesOf } from "./packed";

/** What the page embeds besides the engine. */
export interface Packed {
  page: string;
  worker: string;
  /** JSON of `Catalogue` in src/catalogue.ts, with unfolded events. */
  catalogue: string;
}

declare global {
  interface Window {
    packed: Packed;
  }
}

const text = document.getElementById("packed")?.textContent ?? "";
window.packed = JSON.parse(new TextDecoder().decode(unlzma(bytesOf(text)))) as Packed;
const script = document.createElement("script");
script.textContent = window.packed.page;
document.body.append(script);
