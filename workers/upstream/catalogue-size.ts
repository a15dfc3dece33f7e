import {
  LIST_KINDS,
  type CatalogueHead,
  type CatalogueItem,
  type ToolCatalogue,
} from "../contract/rpc/tool-catalogue.ts";

/** A text that has such a character takes two bytes for each of its characters, any other one byte (V8). */
const BEYOND_LATIN1 = /[\u0100-\uFFFF]/;
/** What an item takes besides its texts: objects, and its entries in the indexes of names. */
const ITEM_BYTES = 256;

/** The bytes of a text in memory. */
export function sizeOfText(text: string): number {
  return BEYOND_LATIN1.test(text) ? 2 * text.length : text.length;
}

/** The bytes of an item in memory. */
export function sizeOfItem({ key, json }: CatalogueItem): number {
  return ITEM_BYTES + sizeOfText(key) + sizeOfText(json);
}

/** The bytes of a catalogue in memory. */
export function sizeOfCatalogue(catalogue: ToolCatalogue): number {
  const { tools, prompts, resources, templates, skills, ...head } = catalogue;
  const items = [tools, prompts, resources, templates, skills].flat();
  return items.reduce((size, item) => size + sizeOfItem(item), sizeOfHead(head));
}

/**
 * The catalogue without the items that do not fit into `room` (bytes in memory), with a warning. Tools go before prompts,
 * resources, templates and skills, and the items of a list by their order.
 */
export function fitCatalogue(catalogue: ToolCatalogue, room: number): ToolCatalogue {
  if (sizeOfCatalogue(catalogue) <= room) return catalogue;
  const { tools, prompts, resources, templates, skills, ...head } = catalogue;
  const lists = { tools, prompts, resources, templates, skills };
  let size = sizeOfHead(head);
  let leftOut = 0;
  for (const kind of LIST_KINDS)
    lists[kind] = lists[kind].filter((item) => {
      const itemSize = sizeOfItem(item);
      const fits = size + itemSize <= room;
      if (fits) size += itemSize;
      else leftOut++;
      return fits;
    });
  const warning = `The servers of this workspace list more than the gateway keeps for one workspace: ${leftOut} items of this server are left out`;
  return { ...head, ...lists, warnings: [warning, ...head.warnings] };
}

function sizeOfHead(head: CatalogueHead): number {
  return sizeOfText(JSON.stringify(head));
}
