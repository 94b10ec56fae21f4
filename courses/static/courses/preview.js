// Plays a lesson's video in the editor's preview. Nothing is reported anywhere: a preview never earns.

const video = document.querySelector("video[data-playlist]");

if (video) {
  const { default: Hls } = await import(video.dataset.player);
  // Asked before canPlayType: desktop Chromium claims HLS of its own.
  if (Hls.isSupported()) {
    const player = new Hls({ maxBufferLength: 20 });
    player.loadSource(video.dataset.playlist);
    player.attachMedia(video);
  } else {
    video.src = video.dataset.playlist;
  }
}
