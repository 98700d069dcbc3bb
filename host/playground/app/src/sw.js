// The service worker. The build puts FILES, all files of the page, and VERSION, a hash of them, in front.

const NAME = `simple-${VERSION}`;

self.addEventListener("install", (event) => {
    event.waitUntil(
        caches
            .open(NAME)
            .then((cache) => cache.addAll(FILES))
            .then(() => self.skipWaiting()),
    );
});

self.addEventListener("activate", (event) => {
    event.waitUntil(
        caches
            .keys()
            .then((names) => Promise.all(names.filter((name) => name.startsWith("simple-") && name !== NAME).map((name) => caches.delete(name))))
            .then(() => self.clients.claim()),
    );
});

self.addEventListener("fetch", (event) => {
    const { request } = event;
    if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) return;
    event.respondWith(
        caches
            .open(NAME)
            .then((cache) => cache.match(request, { ignoreSearch: true, ignoreVary: true }))
            .then((found) => found ?? fetch(request)),
    );
});
