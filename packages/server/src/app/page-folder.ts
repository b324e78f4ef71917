import { fileURLToPath } from "node:url";

/** The folder of the built web page. */
export const pageFolder: string = fileURLToPath(new URL("../../../dashboard/dist/page", import.meta.url));
