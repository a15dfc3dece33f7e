const HEADERS = {
  "cache-control": "no-store",
  pragma: "no-cache",
  "x-content-type-options": "nosniff",
  // Clients that run in a browser: nothing here depends on a cookie.
  "access-control-allow-origin": "*",
};

/** A JSON response of an OAuth endpoint, which no cache keeps (RFC 6749, section 5.1). */
export function oauthJson(
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): Response {
  return Response.json(body, { status, headers: { ...HEADERS, ...headers } });
}

/** An error response in the form that OAuth clients read (RFC 6749, section 5.2). */
export function oauthError(
  error: string,
  description: string,
  status = 400,
  headers: Record<string, string> = {},
): Response {
  return oauthJson({ error, error_description: description }, status, headers);
}
