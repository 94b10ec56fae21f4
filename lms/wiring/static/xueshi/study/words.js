// Words and numbers for people. Texts come with the page; time that was earned is rounded down, never up.

export function makeWords(texts, minutesPerClassHour = 30) {
  const fill = (key, values = {}) =>
    (texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

  const duration = (ms) => {
    const seconds = Math.floor(Math.max(ms, 0) / 1000);
    const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    if (h) return fill("unit.h_min", { h, m });
    return m ? fill("unit.min_s", { m, s }) : fill("unit.s", { s });
  };

  const classHours = (ms) => {
    const hundredths = Math.floor(Math.max(ms, 0) / (minutesPerClassHour * 600));
    return fill("unit.class_hours", { n: hundredths / 100 });
  };

  return { fill, duration, classHours, has: (key) => key in texts };
}

export function timecode(ms) {
  const seconds = Math.floor(Math.max(ms, 0) / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (number) => String(number).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
