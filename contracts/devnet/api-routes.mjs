// What the Stacks Blockchain API answers: /extended.
import { blockRoutes } from "./api-blocks.mjs";
import { principalRoutes } from "./api-principals.mjs";
import { transactionRoutes } from "./api-transactions.mjs";

/** All of them, each with a tag by which it is seen whether anything has changed since. */
export function apiRoutes(chain) {
  const routes = [...blockRoutes(chain), ...transactionRoutes(chain), ...principalRoutes(chain)];
  return routes.map(([path, handler]) => [
    path,
    (values, request) => {
      request.tag = `"${chain.tip.indexHash}:${chain.mempool.version}"`;
      return handler(values, request);
    },
  ]);
}
