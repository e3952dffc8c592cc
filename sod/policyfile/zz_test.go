package policyfile_test
import ("testing";"math/rand";"time";"fmt";"os";"github.com/foureyes-iga/foureyes/sod/policyfile")
func TestZZ(t *testing.T){
 var seeds [][]byte
 for _,p:=range []string{"good/*.yaml","format/*.yaml","format/*.golden"}{ for _,s:=range corpus(t,p){seeds=append(seeds,s)}}
 r:=rand.New(rand.NewSource(time.Now().UnixNano()))
 chars:="#:-? \n\t\"'[]{},|>&*!%a1é~\\@`"
 end:=time.Now().Add(30*time.Second); n:=0;fails:=0
 var worst time.Duration
 for time.Now().Before(end){ n++
  s:=append([]byte{},seeds[r.Intn(len(seeds))]...)
  if r.Intn(2)==0 { a:=r.Intn(len(s)); b:=a+r.Intn(min(400,len(s)-a)); s=s[a:b] }
  for k:=0;k<=r.Intn(6)&&len(s)>0;k++{ i:=r.Intn(len(s)); switch r.Intn(4){case 0: s[i]=chars[r.Intn(len(chars))]; case 1: s=append(s[:i:i],append([]byte{chars[r.Intn(len(chars))]},s[i:]...)...); case 2: s=append(s[:i:i],s[min(len(s),i+1+r.Intn(5)):]...); case 3: j:=r.Intn(len(s)); e:=min(len(s),j+r.Intn(30)); s=append(s[:i:i],append(append([]byte{},s[j:e]...),s[i:]...)...)}}
  t0:=time.Now()
  if msg:=try(s); msg!=""{ fails++; if fails<6 {t.Errorf("%s",msg); os.WriteFile(fmt.Sprintf("/tmp/pf-try/f%d",fails),s,0o644)} }
  if d:=time.Since(t0); d>worst{worst=d; if d>500*time.Millisecond {os.WriteFile("/tmp/pf-try/slow",s,0o644)}}
 }
 t.Log(n,fails,worst)
}
func try(src []byte)(msg string){
 defer func(){ if e:=recover();e!=nil{msg=fmt.Sprintf("PANIC %v\n%s",e,src)}}()
 p,perr:=policyfile.Parse("x",src)
 o,err:=policyfile.Format("x",src)
 if err!=nil { if perr==nil||len(err.Error())>0&&contains(err.Error(),"cannot be formatted"){return fmt.Sprintf("%v\n%s",err,src)}; return ""}
 o2,err:=policyfile.Format("x",o)
 if err!=nil||string(o)!=string(o2){return fmt.Sprintf("twice %v\n--src\n%s\n--once\n%s--twice\n%s",err,src,o,o2)}
 if perr==nil{p2,err:=policyfile.Parse("x",o); if err!=nil{return err.Error()}; p2.Digest=p.Digest; if fmt.Sprint(p)!=fmt.Sprint(p2){/*pointers*/}}
 return ""
}
func contains(a,b string)bool{return len(a)>=len(b)&&(func()bool{for i:=0;i+len(b)<=len(a);i++{if a[i:i+len(b)]==b{return true}};return false})()}
