#pragma once
#include <string_view>

namespace cairn::s3client::bench {

// The colours are roles; text is always in the ink colours, never in a line's.
inline constexpr std::string_view kPageStyle = R"css(
:root{color-scheme:light dark;--page:#f7f7f5;--card:#ffffff;--line:#e4e3df;--axis:#b9b8b2;--ink:#15181b;--ink2:#565a5e;
--c1:#2a78d6;--c2:#d95f1e;--c3:#178a62;--c4:#6a55c4;--c5:#b8374f;--good:#0b7a3e;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--page:#15171a;--card:#1d2023;--line:#2f3337;--axis:#5a5f64;--ink:#f1f1ef;
--ink2:#a9adb1;--c1:#5aa2f0;--c2:#f08a4b;--c3:#3fbf8f;--c4:#a08fef;--c5:#ef7d90;--good:#4cc38a;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.45 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1180px;margin:0 auto;padding:28px 20px 48px}
header{margin-bottom:18px}h1{font-size:24px;margin:0 0 2px}header p{margin:0;color:var(--ink2)}
header i{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:8px}
h2{font-size:15px;margin:0 0 8px}table+h2,.scroll+h2{margin-top:20px}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 18px;margin:0 0 14px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:14px;margin-bottom:14px}
.tile{margin:0;display:flex;flex-direction:column}.tile span,.tile small{color:var(--ink2);font-size:13px}
.tile b{font-size:26px;font-weight:600;line-height:1.25}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(460px,100%),1fr));gap:14px;margin-bottom:14px}
.charts:empty{display:none}.charts .card{margin:0}
figcaption span{color:var(--ink2);font-size:13px}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;margin-top:6px;font-size:13px;color:var(--ink2)}
.legend i,.tip i{display:inline-block;width:14px;height:3px;border-radius:2px;margin-right:6px;vertical-align:middle}
.k1{background:var(--c1)}.k2{background:var(--c2)}.k3{background:var(--c3)}.k4{background:var(--c4)}.k5{background:var(--c5)}
.plot{position:relative;margin-top:8px}svg{display:block;width:100%;height:auto}
svg text{fill:var(--ink2);font-size:12px;font-variant-numeric:tabular-nums}
.grid{stroke:var(--line);stroke-width:1}.axis{stroke:var(--axis);stroke-width:1}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.line.c1{stroke:var(--c1)}.line.c2{stroke:var(--c2)}.line.c3{stroke:var(--c3)}.line.c4{stroke:var(--c4)}.line.c5{stroke:var(--c5)}
.dot.c1{fill:var(--c1)}.dot.c2{fill:var(--c2)}.dot.c3{fill:var(--c3)}.dot.c4{fill:var(--c4)}.dot.c5{fill:var(--c5)}
.cursor{stroke:var(--axis);stroke-width:1;visibility:hidden}
.tip{position:absolute;top:8px;display:none;pointer-events:none;background:var(--card);border:1px solid var(--axis);
border-radius:8px;padding:6px 10px;font-size:13px;white-space:nowrap;font-variant-numeric:tabular-nums}
.tip b{display:block}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:5px 10px;border-bottom:1px solid var(--line);white-space:nowrap}
th{font-weight:500;color:var(--ink2)}th:first-child,td.text{text-align:left}tr:first-child th{font-size:13px}
tr:last-child>*{border-bottom:0}.good{color:var(--good)}.bad{color:var(--bad)}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(220px,1fr));gap:8px 20px;margin:0}
dt{color:var(--ink2);font-size:13px}dd{margin:0;overflow-wrap:anywhere}
@media print{body{background:none}.card{break-inside:avoid}}
)css";

// Shows the values under the pointer; the page is complete without it.
inline constexpr std::string_view kPageScript = R"js(
document.querySelectorAll('.plot').forEach(function(plot){
  var drawn=JSON.parse(plot.dataset.plot),tip=plot.querySelector('.tip'),cursor=plot.querySelector('.cursor');
  function hide(){tip.style.display='none';cursor.style.visibility='hidden'}
  plot.addEventListener('pointerleave',hide);
  plot.addEventListener('pointermove',function(e){
    var box=plot.getBoundingClientRect(),x=(e.clientX-box.left)*drawn.w/box.width,best=null;
    drawn.p.forEach(function(p){if(!best||Math.abs(p[0]-x)<Math.abs(best[0]-x))best=p});
    if(!best)return;
    cursor.setAttribute('x1',best[0]);cursor.setAttribute('x2',best[0]);cursor.style.visibility='visible';
    tip.textContent='';
    var head=document.createElement('b');head.textContent=best[1];tip.appendChild(head);
    drawn.n.forEach(function(n,i){
      if(!best[i+2])return;
      var row=document.createElement('div'),key=document.createElement('i');key.className='k'+n[1];
      row.appendChild(key);row.appendChild(document.createTextNode(n[0]+'  '+best[i+2]));tip.appendChild(row)});
    tip.style.display='block';
    var left=best[0]*box.width/drawn.w,over=left+tip.offsetWidth+24>box.width;
    tip.style.left=(over?left-tip.offsetWidth-12:left+12)+'px';
  });
});
)js";

}  // namespace cairn::s3client::bench
