/** What the page does with texts: the parsers and the rules. It is loaded with the page, beside the page's own code. */
export { readConfiguration } from "../../../../../client-config/read.ts";
export { toSarif } from "../../../../../client-config/sarif.ts";
export { fixText } from "../../../../../client-config/scan/fix-text.ts";
export { scanText } from "../../../../../client-config/scan/scan-text.ts";
export { withInputs } from "../../../../../client-config/scan/with-inputs.ts";
export { writeConfiguration } from "../../../../../client-config/write.ts";
