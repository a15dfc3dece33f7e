// A Worker of the local runtime that serves the dashboard's files, compressed. In a deployment, Cloudflare's edge does it.

const COMPRESSIBLE = /javascript|css|html|svg/;

// oxlint-disable-next-line import/no-default-export -- workerd's interface
export default {
  /**
   * Responds with the file at the address. workerd compresses the body as the header `content-encoding` says.
   * @param {Request} request
   * @param {{ FILES: { fetch: typeof fetch } }} bindings
   */
  async fetch(request, { FILES }) {
    const file = await FILES.fetch(request);
    if (!COMPRESSIBLE.test(file.headers.get("content-type") ?? "")) return file;
    const headers = new Headers(file.headers);
    headers.append("vary", "accept-encoding");
    const isAccepted = /\bgzip\b/.test(request.headers.get("accept-encoding") ?? "");
    if (!isAccepted || file.body === null)
      return new Response(file.body, { status: file.status, headers });
    headers.set("content-encoding", "gzip");
    headers.delete("content-length");
    const etag = headers.get("etag");
    // A strong one says that the bytes are the same.
    if (etag !== null && !etag.startsWith("W/")) headers.set("etag", `W/${etag}`);
    return new Response(file.body, { status: file.status, headers });
  },
};
