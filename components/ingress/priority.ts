/**
 * The highest priority that Traefik accepts for routers of users. The ingress's routers have it, so that no rule of an
 * application takes their requests.
 * Source: Traefik 3.6, pkg/server/router/router.go (`maxUserPriority`).
 */
export const MAX_PRIORITY = 2n ** 63n - 1n - 1000n;
