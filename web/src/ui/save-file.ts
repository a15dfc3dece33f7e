/** Downloads content as a file. */
export function saveFile(content: BlobPart, name: string): void {
  const href = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
  Object.assign(document.createElement("a"), { href, download: name }).click();
  // The browser has begun to read the file by then.
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
