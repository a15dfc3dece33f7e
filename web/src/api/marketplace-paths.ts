/** The API's path of a server of the marketplace. `name`: with its namespace. */
export function toServerPath(name: string): string {
  return `/marketplace/servers/${name.split("/").map(encodeURIComponent).join("/")}`;
}
