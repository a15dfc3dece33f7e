import { makeRequest } from "../json-rpc.ts";

/** Subscribes to the URIs that are new and unsubscribes from those that are no longer among them, on a legacy session. */
export async function updateResourceSubscriptions(
  subscribed: Set<string>,
  uris: string[],
  post: (text: string) => Promise<unknown>,
): Promise<void> {
  const wanted = new Set(uris);
  for (const uri of subscribed) {
    if (wanted.has(uri)) continue;
    subscribed.delete(uri);
    await post(makeRequest("legacy", "resources/unsubscribe", { uri }).text);
  }
  for (const uri of wanted) {
    if (subscribed.has(uri)) continue;
    subscribed.add(uri);
    await post(makeRequest("legacy", "resources/subscribe", { uri }).text);
  }
}
