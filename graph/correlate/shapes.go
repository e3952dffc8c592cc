// SPDX-License-Identifier: Apache-2.0

package correlate

// lookAlikes lists characters after the ASCII that they look like: of Cyrillic, Greek,
// Armenian and the letters of symbols, after the facts of Unicode Technical Standard 39,
// confusables.txt. Where the standard holds only a capital for a look-alike, its small
// letter is listed, too: a proposal more costs a look, one too few hides a person.
const lookAlikes = `
A=АΑᎪᴀ a=аαɑª B=ВΒᏴ b=вЬьƄʙ C=СϹᏟℂℭⅭ c=сϲᴄⅽ D=ᎠⅅⅮ d=ԁⅆⅾđ E=ЕΕᎬℰ e=еҽεєℯⅇ F=Ϝℱ f=ƒ G=ԌᏀ g=ɡցℊ
H=НΗᎻℋℌℍ h=һнհℎ I=ІΙӀℐℑⅠ i=іιıɩɪⅈⅰⁱ J=ЈͿᎫ j=јϳⅉ K=КΚᏦ k=кκĸ L=ᏞℒⅬ l=ӏℓⅼłǀ M=МΜᎷℳⅯ m=мⅿ N=ΝℕЙИ n=ոηпⁿ
O=ОΟՕØ o=оοσօøºℴ P=РΡᏢℙ p=рρ Q=ℚԚ q=ԛգ R=ᎡℛℜℝЯ r=гᴦ S=ЅՏᏚ s=ѕꜱ T=ТΤᎢ t=тτŧ U=ՍᑌЏ u=υսʋ V=ѴᏙⅤ v=νѵⅴ
W=ԜᏔ w=ѡԝωшɯ X=ХΧⅩ x=хχⅹ Y=УΥҮ y=уγү Z=ΖℤℨᏃ z=ᴢ AE=Æ ae=æ OE=Œ oe=œ TH=Þ th=þ
IJ=Ĳ ij=ĳ DZ=ǄǅǱǲ dz=ǆǳ LJ=Ǉǈ lj=ǉ NJ=Ǌǋ nj=ǌ II=Ⅱ III=Ⅲ IV=Ⅳ VI=Ⅵ VII=Ⅶ VIII=Ⅷ IX=Ⅸ XI=Ⅺ XII=Ⅻ ii=ⅱ iii=ⅲ iv=ⅳ vi=ⅵ vii=ⅶ viii=ⅷ ix=ⅸ xi=ⅺ xii=ⅻ
0=⁰₀ 1=¹₁ 2=²₂Ƨ 3=³₃ЗзƷ 4=⁴₄Ꮞ 5=⁵₅Ƽ 6=⁶₆б 7=⁷₇ 8=⁸₈ 9=⁹₉
-=‐‑‒–—―−﹘⁃ .=․。·• '=‘’ʼ′´ _=＿ /=⁄∕ :=∶ː *=∗⁎ @=﹫ +=⁺₊ ,=‚
`

// fullFolds are the case foldings that are more than one letter and reach ASCII
// (CaseFolding.txt, status F).
const fullFolds = "ß=ss ẞ=ss ŉ='n ǰ=j ẖ=h ẗ=t ẘ=w ẙ=y ẚ=aʾ ﬀ=ff ﬁ=fi ﬂ=fl ﬃ=ffi ﬄ=ffl ﬅ=st ﬆ=st"
