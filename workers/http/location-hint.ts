/** West of it, North America has the hint `wnam`; east of it, `enam`. Degrees of longitude, as all constants here. */
const WESTERN_AMERICA_TO = -100;
/** East of it, Europe has the hint `eeur`. */
const EASTERN_EUROPE_FROM = 20;
/** West of it, Asia has the hint `me`; its rest is `apac`. */
const MIDDLE_EAST_TO = 60;

/**
 * Where a Durable Object is to be made, so that it is near the sender of a request (`locationHint` of Durable Objects). The
 * location comes from Cloudflare (`request.cf`); undefined: it is not known.
 */
export function toLocationHint(cf: Request["cf"]): DurableObjectLocationHint | undefined {
  const longitude = Number(cf?.["longitude"] ?? 0);
  switch (cf?.["continent"]) {
    case "NA":
      return longitude < WESTERN_AMERICA_TO ? "wnam" : "enam";
    case "SA":
      return "sam";
    case "EU":
      return longitude >= EASTERN_EUROPE_FROM ? "eeur" : "weur";
    case "AS":
      return longitude < MIDDLE_EAST_TO ? "me" : "apac";
    case "OC":
      return "oc";
    case "AF":
      return "afr";
    default:
      return undefined;
  }
}
